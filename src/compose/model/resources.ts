import type { Extensions } from './extensions.ts';

/** Top-level `networks.*`. */
export interface Network {
  /** Name in the engine: `<project>_<key>`, or the key itself when external and unnamed. */
  readonly name: string;
  readonly driver?: string;
  readonly driver_opts?: Readonly<Record<string, string>>;
  readonly ipam?: Ipam;
  readonly external?: boolean;
  /** No route out of the network. */
  readonly internal?: boolean;
  readonly attachable?: boolean;
  readonly labels?: Readonly<Record<string, string>>;
  readonly enable_ipv4?: boolean;
  readonly enable_ipv6?: boolean;
  readonly extensions?: Extensions;
}

export interface Ipam {
  readonly driver?: string;
  readonly config?: readonly IpamPool[];
  readonly options?: Readonly<Record<string, string>>;
  readonly extensions?: Extensions;
}

export interface IpamPool {
  /** CIDR. */
  readonly subnet?: string;
  readonly gateway?: string;
  /** CIDR inside the subnet from which containers get their addresses. */
  readonly ip_range?: string;
  readonly aux_addresses?: Readonly<Record<string, string>>;
  readonly extensions?: Extensions;
}

/** Top-level `volumes.*`. */
export interface Volume {
  /** Name in the engine: `<project>_<key>`, or the key itself when external and unnamed. */
  readonly name: string;
  readonly driver?: string;
  readonly driver_opts?: Readonly<Record<string, string>>;
  readonly external?: boolean;
  readonly labels?: Readonly<Record<string, string>>;
  readonly extensions?: Extensions;
}

interface FileObject {
  readonly name?: string;
  /** Absolute path of the file with the content. Exclusive with `environment` and `content`. */
  readonly file?: string;
  /** Name of the project variable that holds the content. */
  readonly environment?: string;
  /** The content: written inline, or read from the variable that `environment` names. */
  readonly content?: string;
  readonly external?: boolean;
  readonly labels?: Readonly<Record<string, string>>;
  readonly driver?: string;
  readonly driver_opts?: Readonly<Record<string, string>>;
  readonly template_driver?: string;
  readonly extensions?: Extensions;
}

/** Top-level `secrets.*`; `content` is only ever set from `environment` and never printed. */
export interface Secret extends FileObject {}

/** Top-level `configs.*`. */
export interface Config extends FileObject {}

/** Top-level `models.*`. */
export interface Model {
  readonly name?: string;
  /** OCI reference of the model. */
  readonly model: string;
  /** Tokens. */
  readonly context_size?: number;
  readonly runtime_flags?: readonly string[];
  readonly extensions?: Extensions;
}
