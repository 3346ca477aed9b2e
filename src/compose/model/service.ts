import type { Extensions } from '../model.ts';
import type { Build } from './build.ts';
import type { Deploy, DeviceRequest } from './deploy.ts';

/** One entry of `services`. Attributes in alphabetical order. */
export interface Service {
  /** The key under `services`. */
  readonly name: string;
  /** OCI annotations. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** `false`: `up` shows no logs of it unless asked by name. */
  readonly attach?: boolean;
  readonly blkio_config?: BlkioConfig;
  readonly build?: Build;
  readonly cap_add?: readonly string[];
  readonly cap_drop?: readonly string[];
  /** cgroup namespace: `host`, `private`. */
  readonly cgroup?: string;
  readonly cgroup_parent?: string;
  /** Absent or `null`: the image's. Empty: none. */
  readonly command?: readonly string[] | null;
  readonly configs?: readonly FileReference[];
  readonly container_name?: string;
  readonly cpu_count?: number;
  readonly cpu_percent?: number;
  /** Microseconds. */
  readonly cpu_period?: number;
  /** Microseconds of CPU per period. */
  readonly cpu_quota?: number;
  /** Microseconds. */
  readonly cpu_rt_period?: number;
  /** Microseconds. */
  readonly cpu_rt_runtime?: number;
  /** Relative weight, 1024 being one share. */
  readonly cpu_shares?: number;
  /** CPUs, e.g. 1.5. */
  readonly cpus?: number;
  /** CPU list, e.g. `0-2,4`. */
  readonly cpuset?: string;
  readonly credential_spec?: CredentialSpec;
  readonly depends_on?: Readonly<Record<string, Dependency>>;
  readonly deploy?: Deploy;
  readonly develop?: Develop;
  /** `type major:minor permissions`. */
  readonly device_cgroup_rules?: readonly string[];
  readonly devices?: readonly DeviceMapping[];
  /** Addresses of name servers. */
  readonly dns?: readonly string[];
  readonly dns_opt?: readonly string[];
  readonly dns_search?: readonly string[];
  readonly domainname?: string;
  /** Absent or `null`: the image's. */
  readonly entrypoint?: readonly string[] | null;
  /** Present only with environment resolution off; otherwise resolved into `environment`. */
  readonly env_file?: readonly EnvFile[];
  /** `null`: the variable is removed from the image's environment. */
  readonly environment?: Readonly<Record<string, string | null>>;
  /** `port`, `port-port`, each with an optional `/protocol`. */
  readonly expose?: readonly string[];
  readonly extends?: Extends;
  /** `container[:alias]`. */
  readonly external_links?: readonly string[];
  readonly extra_hosts?: ExtraHosts;
  readonly gpus?: readonly DeviceRequest[];
  readonly group_add?: readonly string[];
  readonly healthcheck?: Healthcheck;
  readonly hostname?: string;
  readonly image?: string;
  readonly init?: boolean;
  /** `shareable`, `private`, `none`, `host`, `service:<name>`, `container:<name>`. */
  readonly ipc?: string;
  readonly isolation?: string;
  /** Absolute paths; resolved into `labels` unless environment resolution is off. */
  readonly label_file?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  /** `service[:alias]`. */
  readonly links?: readonly string[];
  readonly logging?: Logging;
  readonly mac_address?: string;
  /** Bytes. */
  readonly mem_limit?: number;
  /** Bytes. */
  readonly mem_reservation?: number;
  /** 0 to 100. */
  readonly mem_swappiness?: number;
  /** Bytes of memory plus swap; -1 is unlimited. */
  readonly memswap_limit?: number;
  readonly models?: Readonly<Record<string, ServiceModel | null>>;
  /** `none`, `host`, `bridge`, `service:<name>`, `container:<name>`. Exclusive with `networks`. */
  readonly network_mode?: string;
  readonly networks?: Readonly<Record<string, ServiceNetwork | null>>;
  readonly oom_kill_disable?: boolean;
  /** -1000 to 1000. */
  readonly oom_score_adj?: number;
  /** `host`, `service:<name>`, `container:<name>`. */
  readonly pid?: string;
  readonly pids_limit?: number;
  /** `os/arch[/variant]`. */
  readonly platform?: string;
  readonly ports?: readonly Port[];
  readonly post_start?: readonly Hook[];
  readonly pre_start?: readonly PreStartHook[];
  readonly pre_stop?: readonly Hook[];
  readonly privileged?: boolean;
  readonly profiles?: readonly string[];
  readonly provider?: Provider;
  /** `always`, `never`, `missing`, `build`, `refresh`, `daily`, `weekly`, `every_<duration>`. */
  readonly pull_policy?: string;
  readonly pull_refresh_after?: string;
  readonly read_only?: boolean;
  /** `no`, `always`, `on-failure[:<n>]`, `unless-stopped`. */
  readonly restart?: string;
  readonly runtime?: string;
  readonly scale?: number;
  readonly secrets?: readonly FileReference[];
  readonly security_opt?: readonly string[];
  /** Bytes. */
  readonly shm_size?: number;
  readonly stdin_open?: boolean;
  /** Nanoseconds. */
  readonly stop_grace_period?: number;
  readonly stop_signal?: string;
  readonly storage_opt?: Readonly<Record<string, string>>;
  readonly sysctls?: Readonly<Record<string, string>>;
  /** `path[:options]`. */
  readonly tmpfs?: readonly string[];
  readonly tty?: boolean;
  readonly ulimits?: Ulimits;
  readonly use_api_socket?: boolean;
  readonly user?: string;
  readonly userns_mode?: string;
  readonly uts?: string;
  readonly volumes?: readonly Mount[];
  /** `service[:mode]` or `container:<name>[:mode]`. */
  readonly volumes_from?: readonly string[];
  readonly working_dir?: string;
  /** Deprecated spellings that the schema still carries. */
  readonly dockerfile?: string;
  readonly log_driver?: string;
  readonly log_opt?: Readonly<Record<string, string>>;
  readonly net?: string;
  readonly volume_driver?: string;
  readonly extensions?: Extensions;
}

/** Host name → addresses (or `host-gateway`), without brackets around IPv6. */
export type ExtraHosts = Readonly<Record<string, readonly string[]>>;

/** Limit name → one value for soft and hard, or the pair. -1 is unlimited. */
export type Ulimits = Readonly<Record<string, number | UlimitPair>>;

export interface UlimitPair {
  readonly soft: number;
  readonly hard: number;
  readonly extensions?: Extensions;
}

export interface BlkioConfig {
  /** 10 to 1000. */
  readonly weight?: number;
  readonly weight_device?: readonly WeightDevice[];
  /** Rates in bytes per second. */
  readonly device_read_bps?: readonly ThrottleDevice[];
  /** Rates in operations per second. */
  readonly device_read_iops?: readonly ThrottleDevice[];
  /** Rates in bytes per second. */
  readonly device_write_bps?: readonly ThrottleDevice[];
  /** Rates in operations per second. */
  readonly device_write_iops?: readonly ThrottleDevice[];
  readonly extensions?: Extensions;
}

export interface WeightDevice {
  readonly path: string;
  readonly weight: number;
  readonly extensions?: Extensions;
}

export interface ThrottleDevice {
  readonly path: string;
  readonly rate: number;
  readonly extensions?: Extensions;
}

export interface CredentialSpec {
  readonly config?: string;
  readonly file?: string;
  readonly registry?: string;
  readonly extensions?: Extensions;
}

export type DependencyCondition = 'service_started' | 'service_healthy' | 'service_completed_successfully';

export interface Dependency {
  readonly condition: DependencyCondition;
  /** Compose operations that restart the dependency restart this service too. */
  readonly restart?: boolean;
  /** `false`: a missing or failed dependency is only a warning. */
  readonly required: boolean;
  readonly extensions?: Extensions;
}

export interface Develop {
  readonly watch?: readonly WatchRule[];
  readonly extensions?: Extensions;
}

export type WatchAction = 'rebuild' | 'sync' | 'restart' | 'sync+restart' | 'sync+exec';

export interface WatchRule {
  readonly path: string;
  readonly action: WatchAction;
  readonly target?: string;
  /** Patterns in .dockerignore syntax, relative to `path`. */
  readonly ignore?: readonly string[];
  readonly include?: readonly string[];
  readonly exec?: Hook;
  readonly initial_sync?: boolean;
  readonly extensions?: Extensions;
}

/** A command run inside the container at a point of its life. */
export interface Hook {
  readonly command?: readonly string[];
  readonly user?: string;
  readonly privileged?: boolean;
  readonly working_dir?: string;
  readonly environment?: Readonly<Record<string, string | null>>;
  readonly extensions?: Extensions;
}

/** A command run in a container of its own before the service starts. */
export interface PreStartHook extends Hook {
  /** The service's image when absent. */
  readonly image?: string;
  readonly per_replica?: boolean;
}

export interface DeviceMapping {
  readonly source: string;
  readonly target?: string;
  /** Subset of `rwm`. */
  readonly permissions?: string;
  readonly extensions?: Extensions;
}

export interface EnvFile {
  readonly path: string;
  readonly required: boolean;
  /** `raw`: no quotes, no interpolation. */
  readonly format?: string;
}

export interface Extends {
  readonly service: string;
  readonly file?: string;
}

/** Use of a config or secret by a service or build. */
export interface FileReference {
  /** Key under the top-level `configs` or `secrets`. */
  readonly source: string;
  readonly target?: string;
  readonly uid?: string;
  readonly gid?: string;
  /** Numeric file mode, e.g. 0o440. */
  readonly mode?: number;
  readonly extensions?: Extensions;
}

export interface Healthcheck {
  /** Head is `CMD`, `CMD-SHELL` or `NONE`. */
  readonly test?: readonly string[];
  /** Nanoseconds. */
  readonly timeout?: number;
  /** Nanoseconds. */
  readonly interval?: number;
  readonly retries?: number;
  /** Nanoseconds. */
  readonly start_period?: number;
  /** Nanoseconds. */
  readonly start_interval?: number;
  readonly disable?: boolean;
  readonly extensions?: Extensions;
}

export interface Logging {
  readonly driver?: string;
  readonly options?: Readonly<Record<string, string>>;
  readonly extensions?: Extensions;
}

export interface ServiceModel {
  readonly endpoint_var?: string;
  readonly model_var?: string;
  readonly extensions?: Extensions;
}

export interface ServiceNetwork {
  readonly aliases?: readonly string[];
  readonly driver_opts?: Readonly<Record<string, string>>;
  /** The network with the highest value gives the default gateway. */
  readonly gw_priority?: number;
  readonly interface_name?: string;
  readonly ipv4_address?: string;
  readonly ipv6_address?: string;
  readonly link_local_ips?: readonly string[];
  readonly mac_address?: string;
  /** The network with the highest value is attached first. */
  readonly priority?: number;
  readonly extensions?: Extensions;
}

export interface Port {
  readonly name?: string;
  /** `ingress` or `host`. */
  readonly mode?: string;
  readonly host_ip?: string;
  /** Port inside the container. */
  readonly target: number;
  /** Host port or `first-last`; absent: the engine picks one. */
  readonly published?: string;
  readonly protocol?: string;
  readonly app_protocol?: string;
  readonly extensions?: Extensions;
}

export interface Provider {
  readonly type: string;
  readonly options?: Readonly<Record<string, readonly string[]>>;
  readonly extensions?: Extensions;
}

export type MountType = 'bind' | 'volume' | 'tmpfs' | 'image' | 'npipe' | 'cluster';

export interface Mount {
  readonly type: MountType;
  readonly source?: string;
  readonly target?: string;
  readonly read_only?: boolean;
  readonly consistency?: string;
  readonly bind?: {
    readonly selinux?: string;
    readonly propagation?: string;
    /** `true` unless the file says otherwise. */
    readonly create_host_path?: boolean;
    /** `enabled`, `disabled`, `writable`, `readonly`. */
    readonly recursive?: string;
    readonly extensions?: Extensions;
  };
  readonly volume?: {
    readonly labels?: Readonly<Record<string, string>>;
    /** `true`: the image's content is not copied into an empty volume. */
    readonly nocopy?: boolean;
    readonly subpath?: string;
    readonly extensions?: Extensions;
  };
  readonly tmpfs?: {
    /** Bytes. */
    readonly size?: number;
    /** Numeric file mode. */
    readonly mode?: number;
    readonly extensions?: Extensions;
  };
  readonly image?: { readonly subpath?: string; readonly extensions?: Extensions };
  readonly extensions?: Extensions;
}
