import type { Extensions } from './extensions.ts';

/** Host name → addresses (or `host-gateway`), without brackets around IPv6. */
export type ExtraHosts = Readonly<Record<string, readonly string[]>>;

/** A service's connection to a network: value under `services.*.networks`. */
export interface ServiceNetwork {
  readonly aliases?: readonly string[];
  readonly driver_opts?: Readonly<Record<string, string>>;
  /** The network with the highest value provides the default gateway. */
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

/** Entry of `ports`, in long form. */
export interface Port {
  readonly name?: string;
  /** `ingress` or `host`. */
  readonly mode?: string;
  readonly host_ip?: string;
  /** Port inside the container. */
  readonly target: number;
  /** Host port or `first-last`; if absent, the engine picks one. */
  readonly published?: string;
  readonly protocol?: string;
  readonly app_protocol?: string;
  readonly extensions?: Extensions;
}
