import type { HostOp, NetworkOp } from '../runtime/launch/launch-plan.ts';

/** A network in its stored form (state/networks/<id>.json). */
export interface NetworkRecord {
  /** 64 hex digits. */
  readonly id: string;
  readonly name: string;
  readonly driver: 'bridge' | 'host' | 'none';
  readonly created: string;
  readonly internal: boolean;
  readonly enableIPv6: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly options: Readonly<Record<string, string>>;
  /** Filled by IPAM at creation; containers get addresses from the first v4 pool. */
  readonly pools: readonly AddressPool[];
  /** Link name of the bridge, ≤ 15 bytes, which contains the instance id. */
  readonly bridge: string;
}

export interface AddressPool {
  readonly family: 4 | 6;
  /** CIDR. */
  readonly subnet: string;
  readonly gateway: string;
  /** CIDR inside the subnet from which dynamic addresses are taken. */
  readonly ipRange?: string;
  readonly auxAddresses?: Readonly<Record<string, string>>;
}

/** One container's place on one network. */
export interface EndpointRecord {
  readonly networkId: string;
  readonly ipv4: string;
  readonly ipv6?: string;
  readonly mac: string;
  /** All names that resolve to this endpoint on this network: container name, service, aliases. Lower case. */
  readonly aliases: readonly string[];
  /** `eth0`, or the user's interface_name. */
  readonly interfaceName: string;
  readonly hostLink: string;
}

/** A published port after allocation. */
export interface PortBinding {
  readonly protocol: 'tcp' | 'udp';
  readonly containerPort: number;
  /** `0.0.0.0`, `::`, or an address of the host. */
  readonly hostIp: string;
  readonly hostPort: number;
}

/** What the launch plan needs to attach a container. */
export interface AttachPlan {
  readonly host: readonly HostOp[];
  readonly network: readonly NetworkOp[];
}
