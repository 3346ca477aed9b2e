import type { Extensions } from './extensions.ts';

/**
 * `services.*.deploy`. On one machine replicas, resources and restart_policy take effect; the rest is stored and causes
 * a warning.
 */
export interface Deploy {
  readonly mode?: string;
  readonly replicas?: number;
  /** Labels of the service, never of its containers. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly update_config?: UpdateConfig;
  readonly rollback_config?: UpdateConfig;
  readonly resources?: Resources;
  readonly restart_policy?: DeployRestartPolicy;
  readonly placement?: Placement;
  readonly endpoint_mode?: string;
  readonly extensions?: Extensions;
}

export interface UpdateConfig {
  readonly parallelism?: number;
  /** Nanoseconds. */
  readonly delay?: number;
  readonly failure_action?: string;
  /** Nanoseconds. */
  readonly monitor?: number;
  readonly max_failure_ratio?: number;
  readonly order?: string;
  readonly extensions?: Extensions;
}

export interface Resources {
  readonly limits?: ResourceSet;
  readonly reservations?: ResourceSet;
  readonly extensions?: Extensions;
}

export interface ResourceSet {
  /** CPUs, for example 0.5. */
  readonly cpus?: number;
  /** Bytes. */
  readonly memory?: number;
  /** Only in limits. */
  readonly pids?: number;
  /** Only in reservations. */
  readonly devices?: readonly DeviceRequest[];
  readonly generic_resources?: readonly GenericResource[];
  readonly extensions?: Extensions;
}

export interface GenericResource {
  readonly discrete_resource_spec?: {
    readonly kind: string;
    readonly value: number;
    readonly extensions?: Extensions;
  };
  readonly extensions?: Extensions;
}

/** A request for devices of one kind: `gpus` and `deploy.resources.reservations.devices`. */
export interface DeviceRequest {
  readonly capabilities?: readonly string[];
  readonly driver?: string;
  /** -1 means `all`. Exclusive with `device_ids`. */
  readonly count?: number;
  readonly device_ids?: readonly string[];
  readonly options?: Readonly<Record<string, string>>;
  readonly extensions?: Extensions;
}

/** Takes precedence over the service's `restart`; Docker Compose uses `condition` and `max_attempts`. */
export interface DeployRestartPolicy {
  readonly condition?: string;
  /** Nanoseconds. */
  readonly delay?: number;
  readonly max_attempts?: number;
  /** Nanoseconds. */
  readonly window?: number;
  readonly extensions?: Extensions;
}

export interface Placement {
  readonly constraints?: readonly string[];
  readonly preferences?: readonly { readonly spread?: string; readonly extensions?: Extensions }[];
  readonly max_replicas_per_node?: number;
  readonly extensions?: Extensions;
}
