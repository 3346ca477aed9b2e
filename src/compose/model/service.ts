import type { Build } from './build.ts';
import type { Dependency, Extends } from './dependencies.ts';
import type { Deploy, DeviceRequest } from './deploy.ts';
import type { Develop } from './develop.ts';
import type { CredentialSpec, DeviceMapping } from './devices.ts';
import type { Extensions } from './extensions.ts';
import type { EnvFile, FileReference } from './files.ts';
import type { Healthcheck } from './healthcheck.ts';
import type { Hook, PreStartHook } from './hooks.ts';
import type { BlkioConfig, Ulimits } from './limits.ts';
import type { Mount } from './mounts.ts';
import type { ExtraHosts, Port, ServiceNetwork } from './networking.ts';

/** One entry of `services`. Attributes in alphabetical order. */
export interface Service {
  /** The key under `services`. */
  readonly name: string;
  /** OCI annotations. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** `false`: `up` shows no logs of it unless it is named. */
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
  /** Present only with environment resolution turned off; otherwise merged into `environment`. */
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
  /** Absolute paths; merged into `labels` unless environment resolution is turned off. */
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
  /** Bytes of memory plus swap; -1 means unlimited. */
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
  /** Deprecated spellings that the schema still has. */
  readonly dockerfile?: string;
  readonly log_driver?: string;
  readonly log_opt?: Readonly<Record<string, string>>;
  readonly net?: string;
  readonly volume_driver?: string;
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

export interface Provider {
  readonly type: string;
  readonly options?: Readonly<Record<string, readonly string[]>>;
  readonly extensions?: Extensions;
}
