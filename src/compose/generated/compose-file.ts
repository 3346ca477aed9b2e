// Made by scripts/generate-types.mjs from schemas/compose-file.schema.json. Do not edit.

/** What tcompose reads as a Compose file, checked after variables are replaced and files are merged. Union types stand where others write alternatives, so that each mistake gives one message. */
export type ComposeFile = {
  /** Obsolete; ignored. */
  readonly version?: string;
  /** Name of the project. */
  readonly name?: string;
  /** Other Compose files that become part of this one. */
  readonly include?: readonly Include[];
  /** The services, by name. */
  readonly services?: {
    readonly [name: string]: Service;
  };
  /** The networks, by name. */
  readonly networks?: {
    readonly [name: string]: Network;
  };
  /** The named volumes, by name. */
  readonly volumes?: {
    readonly [name: string]: Volume;
  };
  /** The secrets, by name. */
  readonly secrets?: {
    readonly [name: string]: Secret;
  };
  /** The configs, by name. */
  readonly configs?: {
    readonly [name: string]: Config;
  };
  /** The language models, by name. */
  readonly models?: {
    readonly [name: string]: Model;
  };
  readonly [extension: `x-${string}`]: unknown;
};

/** True or false; a string after interpolation. */
export type Toggle = boolean | string;

/** A whole number; a string after interpolation or with a unit. */
export type Count = number | string;

/** A number; a string after interpolation or with a unit. */
export type Amount = number | string;

/** Number and unit, repeated: 1m30s. */
export type Duration = string;

/** Strings, none twice. */
export type UniqueStrings = readonly string[];

/** One string or several. */
export type Words = string | readonly string[];

/** One path or several. */
export type Paths = string | readonly string[];

/** Words of a command; a string is split as a shell would. */
export type CommandLine = null | string | readonly string[];

/** A mapping, or a list of KEY=VALUE. */
export type KeyValues = {
  readonly [name: string]: string | number | boolean | null;
} | readonly string[];

/** A mapping of host to address, or a list of HOST=ADDRESS. */
export type Hosts = {
  readonly [name: string]: string | readonly string[];
} | readonly string[];

/** One file or several. */
export type EnvFiles = string | readonly (string | {
  /** Path of the file. */
  readonly path: string;
  /** Whether it must exist; default true. */
  readonly required?: Toggle;
  /** raw: no quotes, no variables. */
  readonly format?: string;
})[];

/** A path, or paths with settings. */
export type Include = string | {
  readonly path?: Words;
  /** Directory relative paths start from. */
  readonly project_directory?: string;
  readonly env_file?: Words;
};

/** One service: a container image and how its containers run. */
export type Service = {
  /** Reference of the image the containers are made from. */
  readonly image?: string;
  /** How to make the image; a string stands for its context. */
  readonly build?: Build;
  /** When to fetch the image. */
  readonly pull_policy?: string;
  /** Age after which an image counts as stale. */
  readonly pull_refresh_after?: string;
  /** os/arch[/variant] of the image to take. */
  readonly platform?: string;
  /** Replaces the image's CMD; null keeps it, an empty value clears it. */
  readonly command?: CommandLine;
  /** Replaces the image's ENTRYPOINT; null keeps it, an empty value clears it. */
  readonly entrypoint?: CommandLine;
  /** Name of the only container, instead of project-service-number. */
  readonly container_name?: string;
  /** Host name inside the container. */
  readonly hostname?: string;
  /** Domain name inside the container. */
  readonly domainname?: string;
  /** Directory the command starts in. */
  readonly working_dir?: string;
  /** User, or user:group, the command runs as. */
  readonly user?: string;
  /** Supplementary groups, by name or id. */
  readonly group_add?: readonly (string | number)[];
  /** Environment of the command; a key without value takes the project's. */
  readonly environment?: KeyValues;
  /** Files with environment variables. */
  readonly env_file?: EnvFiles;
  /** Labels of the containers. */
  readonly labels?: KeyValues;
  /** Files with labels. */
  readonly label_file?: Paths;
  /** OCI annotations of the containers. */
  readonly annotations?: KeyValues;
  /** The service exists only when one of these profiles is active. */
  readonly profiles?: UniqueStrings;
  /** Services to start first, and what to wait for. */
  readonly depends_on?: Dependencies;
  /** Other services, as service or service:alias. */
  readonly links?: readonly string[];
  /** Containers outside the project, as name or name:alias. */
  readonly external_links?: readonly string[];
  /** Another service whose attributes are taken over. */
  readonly extends?: string | {
    /** Name of the service. */
    readonly service: string;
    /** File it is in, when not this one. */
    readonly file?: string;
  };
  /** An external program that provides the service in place of containers. */
  readonly provider?: {
    /** Name of the program. */
    readonly type: string;
    /** Arguments given to the program. */
    readonly options?: {
      readonly [name: string]: string | number | boolean | readonly (string | number | boolean)[];
    };
    readonly [extension: `x-${string}`]: unknown;
  };
  /** Networks the containers join. */
  readonly networks?: Attachments;
  /** none, host, bridge, service:NAME or container:NAME. */
  readonly network_mode?: string;
  /** Ports published on the host. */
  readonly ports?: readonly Port[];
  /** Ports announced to other services. */
  readonly expose?: readonly (string | number)[];
  /** Addresses of name servers. */
  readonly dns?: Words;
  /** Domains tried for short names. */
  readonly dns_search?: Words;
  /** Options of the resolver. */
  readonly dns_opt?: readonly string[];
  /** Additional lines of /etc/hosts. */
  readonly extra_hosts?: Hosts;
  /** Hardware address on the first network. */
  readonly mac_address?: string;
  /** What is mounted, and where. */
  readonly volumes?: readonly Mount[];
  /** Services or containers whose mounts are shared. */
  readonly volumes_from?: readonly string[];
  /** Paths that get a file system in memory. */
  readonly tmpfs?: Words;
  /** Configs put into the containers. */
  readonly configs?: Grants;
  /** Secrets put into the containers. */
  readonly secrets?: Grants;
  /** Devices of the host given to the containers. */
  readonly devices?: readonly (string | {
    /** Device on the host, or a CDI name. */
    readonly source: string;
    /** Path inside the container. */
    readonly target?: string;
    /** Letters of rwm. */
    readonly permissions?: string;
    readonly [extension: `x-${string}`]: unknown;
  })[];
  /** Rules of the device controller. */
  readonly device_cgroup_rules?: UniqueStrings;
  /** GPUs given to the containers. */
  readonly gpus?: string | readonly ({
    readonly capabilities?: UniqueStrings;
    readonly count?: number | string;
    readonly device_ids?: UniqueStrings;
    readonly driver?: string;
    readonly options?: KeyValues;
  })[];
  readonly healthcheck?: Healthcheck;
  /** no, always, on-failure[:N] or unless-stopped. */
  readonly restart?: string;
  /** Signal that asks the command to end. */
  readonly stop_signal?: string;
  /** Time between the stop signal and SIGKILL. */
  readonly stop_grace_period?: Duration;
  /** Run a small init as process 1. */
  readonly init?: Toggle;
  /** Give the command a terminal. */
  readonly tty?: Toggle;
  /** Keep standard input open. */
  readonly stdin_open?: Toggle;
  /** Whether up shows the logs. */
  readonly attach?: Toggle;
  /** Where the output goes. */
  readonly logging?: {
    /** Log driver. */
    readonly driver?: string;
    /** Options of the driver. */
    readonly options?: {
      readonly [name: string]: string | number | null;
    };
    readonly [extension: `x-${string}`]: unknown;
  };
  /** Give the containers nearly all rights of the host. */
  readonly privileged?: Toggle;
  /** Mount the root file system read-only. */
  readonly read_only?: Toggle;
  /** Capabilities to add. */
  readonly cap_add?: readonly string[];
  /** Capabilities to drop. */
  readonly cap_drop?: readonly string[];
  /** Security options: seccomp, AppArmor, SELinux, no-new-privileges. */
  readonly security_opt?: readonly string[];
  /** User namespace. */
  readonly userns_mode?: string;
  /** Give the containers the engine's API socket. */
  readonly use_api_socket?: boolean;
  /** IPC namespace. */
  readonly ipc?: string;
  /** PID namespace. */
  readonly pid?: string | null;
  /** UTS namespace. */
  readonly uts?: string;
  /** cgroup namespace. */
  readonly cgroup?: 'host' | 'private';
  /** cgroup the containers are put under. */
  readonly cgroup_parent?: string;
  /** Isolation technology (Windows). */
  readonly isolation?: string;
  /** OCI runtime. */
  readonly runtime?: string;
  /** Managed service account (Windows). */
  readonly credential_spec?: {
    readonly config?: string;
    readonly file?: string;
    readonly registry?: string;
    readonly [extension: `x-${string}`]: unknown;
  };
  /** Kernel parameters of the namespaces. */
  readonly sysctls?: KeyValues;
  readonly ulimits?: Ulimits;
  /** Size of /dev/shm. */
  readonly shm_size?: Amount;
  /** Options of the storage driver. */
  readonly storage_opt?: Readonly<Record<string, unknown>>;
  /** CPUs the containers may use, fractions allowed. */
  readonly cpus?: Amount;
  /** CPUs the containers may run on. */
  readonly cpuset?: string;
  /** Weight beside other containers. */
  readonly cpu_shares?: Amount;
  /** Length of a scheduling period, microseconds. */
  readonly cpu_period?: Amount;
  /** CPU time per period, microseconds. */
  readonly cpu_quota?: Amount;
  /** Period of real-time scheduling. */
  readonly cpu_rt_period?: Amount;
  /** Real-time CPU time per period. */
  readonly cpu_rt_runtime?: Amount;
  /** Number of CPUs (Windows). */
  readonly cpu_count?: number | string;
  /** Share of the CPUs (Windows). */
  readonly cpu_percent?: number | string;
  /** Memory limit. */
  readonly mem_limit?: Amount;
  /** Memory the containers are guaranteed. */
  readonly mem_reservation?: Count;
  /** Inclination to swap, 0 to 100. */
  readonly mem_swappiness?: Count;
  /** Limit of memory and swap together. */
  readonly memswap_limit?: Amount;
  /** Never kill for lack of memory. */
  readonly oom_kill_disable?: Toggle;
  /** Preference of the OOM killer. */
  readonly oom_score_adj?: number | string;
  /** Number of processes. */
  readonly pids_limit?: Amount;
  /** Limits of block devices. */
  readonly blkio_config?: {
    /** Weight beside other containers, 10 to 1000. */
    readonly weight?: Count;
    readonly weight_device?: readonly DeviceWeight[];
    readonly device_read_bps?: readonly DeviceRate[];
    readonly device_read_iops?: readonly DeviceRate[];
    readonly device_write_bps?: readonly DeviceRate[];
    readonly device_write_iops?: readonly DeviceRate[];
  };
  /** Number of containers. */
  readonly scale?: Count;
  /** Language models the service uses. */
  readonly models?: readonly string[] | {
    readonly [name: string]: {
      /** Variable that gets the address. */
      readonly endpoint_var?: string;
      /** Variable that gets the name. */
      readonly model_var?: string;
      readonly [extension: `x-${string}`]: unknown;
    } | null;
  };
  readonly deploy?: Deploy;
  readonly develop?: Develop;
  /** Run in containers of their own before the service starts. */
  readonly pre_start?: readonly PreStartHook[];
  /** Run inside a container after its start. */
  readonly post_start?: readonly Hook[];
  /** Run inside a container before its stop. */
  readonly pre_stop?: readonly Hook[];
  readonly [extension: `x-${string}`]: unknown;
};

/** Names, or conditions by name. */
export type Dependencies = readonly string[] | {
  readonly [name: string]: {
    readonly condition: 'service_started' | 'service_healthy' | 'service_completed_successfully';
    /** Restart with the dependency. */
    readonly restart?: Toggle;
    /** Whether it must exist and succeed; default true. */
    readonly required?: boolean;
    readonly [extension: `x-${string}`]: unknown;
  };
};

/** Names, or settings by name. */
export type Attachments = readonly string[] | {
  readonly [name: string]: {
    readonly aliases?: UniqueStrings;
    readonly interface_name?: string;
    readonly ipv4_address?: string;
    readonly ipv6_address?: string;
    readonly link_local_ips?: UniqueStrings;
    readonly mac_address?: string;
    /** Options of the driver. */
    readonly driver_opts?: {
      readonly [name: string]: string | number;
    };
    readonly priority?: number;
    readonly gw_priority?: number;
    readonly [extension: `x-${string}`]: unknown;
  } | null;
};

/** Container port, [host:]container[/protocol], or the parts. */
export type Port = number | string | {
  readonly name?: string;
  readonly mode?: string;
  readonly host_ip?: string;
  readonly target?: Count;
  readonly published?: Count;
  readonly protocol?: string;
  readonly app_protocol?: string;
  readonly [extension: `x-${string}`]: unknown;
};

/** [source:]target[:options], or the parts. */
export type Mount = string | {
  readonly type: 'bind' | 'volume' | 'tmpfs' | 'image' | 'npipe' | 'cluster';
  readonly source?: string;
  readonly target?: string;
  readonly read_only?: Toggle;
  readonly consistency?: string;
  /** Of type bind. */
  readonly bind?: {
    readonly propagation?: string;
    readonly create_host_path?: Toggle;
    readonly recursive?: 'enabled' | 'disabled' | 'writable' | 'readonly';
    readonly selinux?: 'z' | 'Z';
    readonly [extension: `x-${string}`]: unknown;
  };
  /** Of type volume. */
  readonly volume?: {
    readonly labels?: KeyValues;
    readonly nocopy?: Toggle;
    readonly subpath?: string;
    readonly [extension: `x-${string}`]: unknown;
  };
  /** Of type tmpfs. */
  readonly tmpfs?: {
    readonly size?: number | string;
    readonly mode?: Amount;
    readonly [extension: `x-${string}`]: unknown;
  };
  /** Of type image. */
  readonly image?: {
    readonly subpath?: string;
    readonly [extension: `x-${string}`]: unknown;
  };
  readonly [extension: `x-${string}`]: unknown;
};

/** Names, or how each is put into the container. */
export type Grants = readonly (string | {
  readonly source?: string;
  readonly target?: string;
  readonly uid?: string;
  readonly gid?: string;
  readonly mode?: Amount;
  readonly [extension: `x-${string}`]: unknown;
})[];

/** Resource limits: one value, or soft and hard. */
export type Ulimits = {
  readonly [name: string]: number | string | {
    readonly soft: Count;
    readonly hard: Count;
    readonly [extension: `x-${string}`]: unknown;
  };
};

/** Rate limit of a device. */
export type DeviceRate = {
  readonly path?: string;
  readonly rate?: Count;
};

/** Weight at a device. */
export type DeviceWeight = {
  readonly path?: string;
  readonly weight?: Count;
};

export type DeviceRequests = readonly ({
  readonly capabilities: UniqueStrings;
  readonly count?: Count;
  readonly device_ids?: UniqueStrings;
  readonly driver?: string;
  readonly options?: KeyValues;
  readonly [extension: `x-${string}`]: unknown;
})[];

/** How to tell that a container works. */
export type Healthcheck = {
  readonly disable?: Toggle;
  readonly test?: string | readonly string[];
  readonly interval?: Duration;
  readonly timeout?: Duration;
  readonly retries?: Amount;
  readonly start_period?: Duration;
  readonly start_interval?: Duration;
  readonly [extension: `x-${string}`]: unknown;
};

/** A command run inside the container. */
export type Hook = {
  readonly command: CommandLine;
  readonly user?: string;
  readonly privileged?: Toggle;
  readonly working_dir?: string;
  readonly environment?: KeyValues;
  readonly [extension: `x-${string}`]: unknown;
};

/** A command run in a container of its own. */
export type PreStartHook = {
  readonly command?: CommandLine;
  readonly image?: string;
  readonly user?: string;
  readonly privileged?: Toggle;
  readonly working_dir?: string;
  readonly environment?: KeyValues;
  readonly per_replica?: Toggle;
  readonly [extension: `x-${string}`]: unknown;
};

/** How an image is made. */
export type Build = string | {
  /** Directory or URL. */
  readonly context?: string;
  readonly dockerfile?: string;
  readonly dockerfile_inline?: string;
  /** Stage to build. */
  readonly target?: string;
  readonly args?: KeyValues;
  readonly additional_contexts?: KeyValues;
  readonly labels?: KeyValues;
  readonly tags?: readonly string[];
  readonly platforms?: readonly string[];
  readonly cache_from?: readonly string[];
  readonly cache_to?: readonly string[];
  readonly no_cache?: Toggle;
  readonly no_cache_filter?: Words;
  readonly pull?: Toggle;
  readonly network?: string;
  readonly extra_hosts?: Hosts;
  readonly secrets?: Grants;
  readonly ssh?: KeyValues;
  readonly shm_size?: Count;
  readonly ulimits?: Ulimits;
  readonly privileged?: Toggle;
  readonly entitlements?: readonly string[];
  readonly isolation?: string;
  readonly provenance?: Toggle;
  readonly sbom?: Toggle;
  readonly [extension: `x-${string}`]: unknown;
};

/** Settings for development. */
export type Develop = {
  readonly watch?: readonly ({
    readonly path: string;
    readonly action: 'rebuild' | 'restart' | 'sync' | 'sync+restart' | 'sync+exec';
    readonly target?: string;
    readonly include?: Words;
    readonly ignore?: Words;
    readonly exec?: Hook;
    readonly initial_sync?: boolean;
    readonly [extension: `x-${string}`]: unknown;
  })[];
  readonly [extension: `x-${string}`]: unknown;
} | null;

/** Replicas, resources, and what clusters do. */
export type Deploy = {
  readonly mode?: string;
  readonly replicas?: Count;
  readonly endpoint_mode?: string;
  readonly labels?: KeyValues;
  readonly update_config?: Update;
  readonly rollback_config?: Update;
  /** Restarts, instead of restart. */
  readonly restart_policy?: {
    readonly condition?: string;
    readonly delay?: Duration;
    readonly max_attempts?: Count;
    readonly window?: Duration;
    readonly [extension: `x-${string}`]: unknown;
  };
  /** Nodes to use (clusters). */
  readonly placement?: {
    readonly constraints?: readonly string[];
    readonly preferences?: readonly ({
      readonly spread?: string;
      readonly [extension: `x-${string}`]: unknown;
    })[];
    readonly max_replicas_per_node?: Count;
    readonly [extension: `x-${string}`]: unknown;
  };
  /** Limits and reservations. */
  readonly resources?: {
    /** What is never exceeded. */
    readonly limits?: {
      readonly cpus?: Amount;
      readonly memory?: string;
      readonly pids?: Count;
      readonly [extension: `x-${string}`]: unknown;
    };
    /** What is kept free. */
    readonly reservations?: {
      readonly cpus?: Amount;
      readonly memory?: string;
      readonly devices?: DeviceRequests;
      readonly generic_resources?: readonly ({
        /** Kind and number. */
        readonly discrete_resource_spec?: {
          readonly kind?: string;
          readonly value?: Amount;
          readonly [extension: `x-${string}`]: unknown;
        };
        readonly [extension: `x-${string}`]: unknown;
      })[];
      readonly [extension: `x-${string}`]: unknown;
    };
    readonly [extension: `x-${string}`]: unknown;
  };
  readonly [extension: `x-${string}`]: unknown;
} | null;

/** How a roll-out proceeds (clusters). */
export type Update = {
  readonly parallelism?: Count;
  readonly delay?: Duration;
  readonly failure_action?: string;
  readonly monitor?: Duration;
  readonly max_failure_ratio?: Amount;
  readonly order?: 'stop-first' | 'start-first';
  readonly [extension: `x-${string}`]: unknown;
};

/** A network. */
export type Network = {
  /** Name in the engine. */
  readonly name?: string;
  readonly driver?: string;
  /** Options of the driver. */
  readonly driver_opts?: {
    readonly [name: string]: string | number;
  };
  /** Made elsewhere; only looked up. An object with a name is the old spelling. */
  readonly external?: boolean | string | {
    readonly name?: string;
    readonly [extension: `x-${string}`]: unknown;
  };
  readonly internal?: Toggle;
  readonly attachable?: Toggle;
  readonly enable_ipv4?: Toggle;
  readonly enable_ipv6?: Toggle;
  readonly labels?: KeyValues;
  /** Addresses. */
  readonly ipam?: {
    readonly driver?: string;
    readonly config?: readonly ({
      readonly subnet?: string;
      readonly ip_range?: string;
      readonly gateway?: string;
      readonly aux_addresses?: {
        readonly [name: string]: string;
      };
      readonly [extension: `x-${string}`]: unknown;
    })[];
    readonly options?: {
      readonly [name: string]: string;
    };
    readonly [extension: `x-${string}`]: unknown;
  };
  readonly [extension: `x-${string}`]: unknown;
} | null;

/** A named volume. */
export type Volume = {
  /** Name in the engine. */
  readonly name?: string;
  readonly driver?: string;
  /** Options of the driver. */
  readonly driver_opts?: {
    readonly [name: string]: string | number;
  };
  /** Made elsewhere; only looked up. An object with a name is the old spelling. */
  readonly external?: boolean | string | {
    readonly name?: string;
    readonly [extension: `x-${string}`]: unknown;
  };
  readonly labels?: KeyValues;
  readonly [extension: `x-${string}`]: unknown;
} | null;

/** A secret. */
export type Secret = {
  readonly name?: string;
  /** File with the content. */
  readonly file?: string;
  /** Variable with the content. */
  readonly environment?: string;
  /** Made elsewhere; only looked up. An object with a name is the old spelling. */
  readonly external?: boolean | string | {
    readonly name?: string;
  };
  readonly labels?: KeyValues;
  readonly driver?: string;
  /** Options of the driver. */
  readonly driver_opts?: {
    readonly [name: string]: string | number;
  };
  readonly template_driver?: string;
  readonly [extension: `x-${string}`]: unknown;
};

/** A config. */
export type Config = {
  readonly name?: string;
  /** File with the content. */
  readonly file?: string;
  /** Variable with the content. */
  readonly environment?: string;
  /** The content. */
  readonly content?: string;
  /** Made elsewhere; only looked up. An object with a name is the old spelling. */
  readonly external?: boolean | string | {
    readonly name?: string;
  };
  readonly labels?: KeyValues;
  readonly template_driver?: string;
  readonly [extension: `x-${string}`]: unknown;
};

/** A language model. */
export type Model = {
  readonly name?: string;
  /** Its OCI reference. */
  readonly model: string;
  readonly context_size?: number;
  readonly runtime_flags?: readonly string[];
  readonly [extension: `x-${string}`]: unknown;
};
