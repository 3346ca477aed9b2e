import type { StringMap } from './common.ts';

/** Times are nanoseconds; 0 stands for the default. */
export interface HealthcheckConfig {
  /** `[]` inherit, `["NONE"]` off, `["CMD", …]`, `["CMD-SHELL", string]`. */
  readonly Test?: readonly string[];
  readonly Interval?: number;
  readonly Timeout?: number;
  readonly StartPeriod?: number;
  readonly StartInterval?: number;
  readonly Retries?: number;
}

/** The part that does not depend on the machine: `Config` of a container, or the top level of a create request. */
export interface ContainerConfig {
  readonly Hostname?: string;
  readonly Domainname?: string;
  readonly User?: string;
  readonly AttachStdin?: boolean;
  readonly AttachStdout?: boolean;
  readonly AttachStderr?: boolean;
  /** `8080/tcp` → {}. */
  readonly ExposedPorts?: Readonly<Record<string, object>> | null;
  readonly Tty?: boolean;
  readonly OpenStdin?: boolean;
  readonly StdinOnce?: boolean;
  /** `K=V`; `K` alone removes the image's variable. */
  readonly Env?: readonly string[] | null;
  readonly Cmd?: readonly string[] | null;
  readonly Healthcheck?: HealthcheckConfig | null;
  readonly Image: string;
  readonly Volumes?: Readonly<Record<string, object>> | null;
  readonly WorkingDir?: string;
  readonly Entrypoint?: readonly string[] | null;
  readonly NetworkDisabled?: boolean;
  /** Deprecated in the API in favour of EndpointSettings.MacAddress; honoured for the first network. */
  readonly MacAddress?: string;
  readonly Labels?: StringMap | null;
  readonly StopSignal?: string;
  /** Seconds. */
  readonly StopTimeout?: number | null;
  readonly Shell?: readonly string[] | null;
}
