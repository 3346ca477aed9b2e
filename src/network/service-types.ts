import type { TcomposeError } from '../errors.ts';
import type { AttachPlan, EndpointRecord, NetworkRecord, PortBinding } from './types.ts';

/** What a network is to be; fields left out are chosen (driver `bridge`, a free pool, a name for the bridge). */
export interface NetworkSpec {
  readonly name: string;
  readonly driver?: string;
  readonly internal?: boolean;
  readonly enableIPv6?: boolean;
  readonly labels?: Readonly<Record<string, string>>;
  /** `com.docker.network.bridge.name`, `.bridge.enable_icc`, `.bridge.enable_ip_masquerade`, `.bridge.host_binding_ipv4`, `com.docker.network.driver.mtu`. */
  readonly options?: Readonly<Record<string, string>>;
  readonly ipam?: readonly {
    readonly subnet?: string;
    readonly ipRange?: string;
    readonly gateway?: string;
    readonly auxAddresses?: Readonly<Record<string, string>>;
  }[];
}

export interface EndpointRequest {
  readonly containerId: string;
  /** A fixed address, or chosen from the pool. */
  readonly ipv4?: string;
  readonly ipv6?: string;
  /** Addresses that others will want, though they do not have them yet: none of them is chosen. */
  readonly avoid?: readonly string[];
  /** Chosen from the IPv4 address when left out. */
  readonly mac?: string;
  /** Names this endpoint answers to on this network: container name, service, aliases, short id, hostname. */
  readonly aliases: readonly string[];
  /** `eth0`…; the caller counts, or passes the user's own name. */
  readonly interfaceName?: string;
}

/** A port to publish, after ranges were taken apart by the caller (`targets 80-82` are three requests). */
export interface PortRequest {
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  readonly containerPort: number;
  /** '' = every address of the machine, both families. */
  readonly hostIp: string;
  /** 0 = a free one is chosen from the ephemeral range. With `hostPortEnd`, the first free one of the range. */
  readonly hostPort: number;
  readonly hostPortEnd?: number;
}

export interface DnsOptions {
  /** Upstream servers of this container instead of the host's. */
  readonly servers?: readonly string[];
  readonly search?: readonly string[];
  readonly options?: readonly string[];
}

export interface AttachRequest {
  readonly containerId: string;
  /** For messages about port conflicts: `web-1`. */
  readonly containerName?: string;
  readonly endpoints: readonly EndpointRecord[];
  /** Ids of networks in the order in which they are taken for the default route of each family; the others come after, as listed. */
  readonly gatewayOrder?: readonly string[];
  readonly ports: readonly PortRequest[];
  /** Ports the image or container exposes, by number. One that serves DNS (53) gets room for that. */
  readonly exposedPorts?: readonly number[];
}

export interface AttachResult extends AttachPlan {
  /** The endpoints to keep from here on: host link names are fresh at every start. */
  readonly endpoints: readonly EndpointRecord[];
  /** Every request resolved: one line a family and host port. */
  readonly ports: readonly PortBinding[];
}

export interface RunningContainer {
  readonly containerId: string;
  readonly containerName?: string;
  readonly endpoints: readonly EndpointRecord[];
  /** As in AttachRequest: published ports lead where the default route of IPv4 goes. */
  readonly gatewayOrder?: readonly string[];
  readonly ports: readonly PortBinding[];
  /** Names that only this container knows others by, asked for at each question: its word for it → the container's name. Both in any case. */
  readonly links?: () => Readonly<Record<string, string>>;
  /**
   * The shim's held sockets by name (`dns-udp`, `dns-tcp`, `port-tcp-8080-4`…), already copied into this process. The
   * service owns the descriptors from here on and closes them.
   */
  readonly sockets: Readonly<Record<string, number>>;
  readonly dns?: DnsOptions;
  /** No other container finds it by a name, until it takes another's place. */
  readonly unnamed?: boolean;
}

export interface NetworkService {
  /**
   * A new network: addresses are chosen and its bridge is made (that of the default network when it is first used).
   * Errors: NETWORK_POOL_OVERLAP, NETWORK_POOLS_EXHAUSTED, NETWORK_ADDRESS_INVALID, NETWORK_OPTION, NETWORK_SETUP_FAILED.
   */
  createNetwork(spec: NetworkSpec, existing: readonly NetworkRecord[]): NetworkRecord;
  /** Makes the bridge, its addresses and firewall entries, when they are not there. Idempotent. */
  ensureBridge(network: NetworkRecord): Promise<void>;
  /** Makes the bridges of running containers again that other programs have deleted, and puts the containers back on them. */
  mend(): void;
  /** Removes bridge and firewall entries; with the last one, the table and the accepts in foreign chains. Idempotent. */
  removeNetwork(network: NetworkRecord): Promise<void>;
  /** Reserves an address. Errors: NETWORK_ADDRESS_IN_USE, NETWORK_ADDRESS_INVALID, NETWORK_POOL_FULL. */
  allocate(network: NetworkRecord, request: EndpointRequest): EndpointRecord;
  /** Gives the address back. Idempotent. */
  release(endpoint: EndpointRecord): void;
  /**
   * Why containers that are about to be started could not have their ports, once those of `releasing` (container ids)
   * have been given back: one error a container. Reserves nothing.
   */
  portConflicts(demands: readonly PortDemand[], releasing: ReadonlySet<string>): readonly PortConflict[];
  /**
   * Ops for the launch plan, after every bridge is there and every port was found free (NETWORK_PORT_IN_USE names the
   * holder). Reserves the ports for this container until containerStopped. No endpoints: lo only.
   */
  planAttach(request: AttachRequest): Promise<AttachResult>;
  /** The container runs (or was adopted): firewall entries, DNS, proxies. */
  containerStarted(container: RunningContainer): Promise<void>;
  /** It does not run any more, or its start failed: everything of containerStarted and planAttach is undone. Idempotent. */
  containerStopped(containerId: string): Promise<void>;
  /** Whether a connection to a container's IPv4 address is taken, within a second. */
  listens(address: string, port: number): Promise<boolean>;
  /**
   * Names and published ports of a running container (`of`) lead to another running one from now on, which was started `unnamed` and
   * without ports. Connections that stand go on to the first. Errors: NETWORK_SETUP_FAILED.
   */
  takePlace(of: string, by: string): Promise<void>;
  /** A running container gets one more interface. Returns the endpoint as it now is. */
  connect(containerId: string, network: NetworkRecord, endpoint: EndpointRecord): Promise<EndpointRecord>;
  /** A running container loses an interface. Idempotent. */
  disconnect(containerId: string, networkId: string): Promise<void>;
  /**
   * After an engine start: reserves the endpoints of every container (running or not), takes up the running ones, and
   * removes links, firewall entries and the like of this instance that belong to nothing in the lists. `running` come
   * with their sockets, as in containerStarted.
   */
  adopt(
    networks: readonly NetworkRecord[],
    endpoints: readonly EndpointRecord[],
    running: readonly RunningContainer[],
  ): Promise<void>;
  /** resolv.conf of a container with its own network namespace. */
  resolvConf(dns?: DnsOptions): string;
  /** Ends DNS, proxies and watching. Links and firewall entries stay: containers may be running. */
  close(): Promise<void>;
}

/** Why a container could not have its ports. */
export interface PortConflict {
  readonly containerName: string;
  readonly error: TcomposeError;
  /** The port that a process has which could not be found from here: one who sees more may look it up. */
  readonly nameless?: PortBinding;
}

/** Containers that are to be started together, each with the ports it publishes. */
export interface PortDemand {
  readonly containerName: string;
  readonly ports: readonly PortRequest[];
}
