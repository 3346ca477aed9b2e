import type { TcomposeError } from '../errors.ts';
import type { AttachPlan, EndpointRecord, NetworkRecord, PortBinding } from './types.ts';

/** The properties of a new network; missing ones are chosen (driver `bridge`, a free pool, a name for the bridge). */
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
  /** Addresses that others will need, though they do not have them yet: none of them is chosen. */
  readonly avoid?: readonly string[];
  /** Derived from the IPv4 address if missing. */
  readonly mac?: string;
  /** Names of this endpoint on this network: container name, service, aliases, short id, hostname. */
  readonly aliases: readonly string[];
  /** `eth0`…; the caller numbers them, or passes the user's own name. */
  readonly interfaceName?: string;
}

/** A port to publish; the caller has split ranges (`targets 80-82` are three requests). */
export interface PortRequest {
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  readonly containerPort: number;
  /** '' = every address of the machine, both families. */
  readonly hostIp: string;
  /** 0: a free one is chosen from the ephemeral range. With `hostPortEnd`, the first free one of the range. */
  readonly hostPort: number;
  readonly hostPortEnd?: number;
}

export interface DnsOptions {
  /** Upstream servers for this container instead of the host's. */
  readonly servers?: readonly string[];
  readonly search?: readonly string[];
  readonly options?: readonly string[];
}

export interface AttachRequest {
  readonly containerId: string;
  /** For messages about port conflicts: `web-1`. */
  readonly containerName?: string;
  readonly endpoints: readonly EndpointRecord[];
  /** Ids of networks in the order of preference for the default route of each family; the others come after, as listed. */
  readonly gatewayOrder?: readonly string[];
  readonly ports: readonly PortRequest[];
  /** Ports that the image or container exposes, by number. For one that serves DNS (53), our own name server makes room. */
  readonly exposedPorts?: readonly number[];
}

export interface AttachResult extends AttachPlan {
  /** The endpoints to store from now on: host link names change at every start. */
  readonly endpoints: readonly EndpointRecord[];
  /** Every request resolved: one entry for each family and host port. */
  readonly ports: readonly PortBinding[];
}

export interface RunningContainer {
  readonly containerId: string;
  readonly containerName?: string;
  readonly endpoints: readonly EndpointRecord[];
  /** As in AttachRequest: published ports lead to the network with the IPv4 default route. */
  readonly gatewayOrder?: readonly string[];
  readonly ports: readonly PortBinding[];
  /**
   * Names that only this container uses for others, requested at each query: its name for the other → the container's
   * name. Both in any case.
   */
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
   * Makes a new network: chooses addresses and makes its bridge (the default network's when it is first used). Errors:
   * NETWORK_POOL_OVERLAP, NETWORK_POOLS_EXHAUSTED, NETWORK_ADDRESS_INVALID, NETWORK_OPTION, NETWORK_SETUP_FAILED.
   */
  createNetwork(spec: NetworkSpec, existing: readonly NetworkRecord[]): NetworkRecord;
  /** Makes the bridge, its addresses and firewall entries, if they are missing. Idempotent. */
  ensureBridge(network: NetworkRecord): Promise<void>;
  /** Makes bridges of running containers again that other programs have deleted, and attaches the containers to them. */
  mend(): void;
  /** Removes bridge and firewall entries; with the last one, the table and the accepts in foreign chains. Idempotent. */
  removeNetwork(network: NetworkRecord): Promise<void>;
  /** Reserves an address. Errors: NETWORK_ADDRESS_IN_USE, NETWORK_ADDRESS_INVALID, NETWORK_POOL_FULL. */
  allocate(network: NetworkRecord, request: EndpointRequest): EndpointRecord;
  /** Releases the address. Idempotent. */
  release(endpoint: EndpointRecord): void;
  /**
   * Why containers that are about to start could not get their ports, assuming that those of `releasing` (container
   * ids) are released: one error for each container. Reserves nothing.
   */
  portConflicts(demands: readonly PortDemand[], releasing: ReadonlySet<string>): readonly PortConflict[];
  /**
   * Ops for the launch plan, after every bridge exists and every port was found free (NETWORK_PORT_IN_USE names the
   * holder). Reserves the ports for this container until containerStopped. Without endpoints: only lo.
   */
  planAttach(request: AttachRequest): Promise<AttachResult>;
  /** The container is running (or was adopted): adds firewall entries, DNS, proxies. */
  containerStarted(container: RunningContainer): Promise<void>;
  /** The container is no longer running, or its start failed: undoes containerStarted and planAttach. Idempotent. */
  containerStopped(containerId: string): Promise<void>;
  /** Whether a connection to a container's IPv4 address is accepted within a second. */
  listens(address: string, port: number): Promise<boolean>;
  /**
   * From now on, names and published ports of a running container (`of`) lead to another running one, which was started
   * `unnamed` and without ports. Open connections stay with the first. Errors: NETWORK_SETUP_FAILED.
   */
  takePlace(of: string, by: string): Promise<void>;
  /** Gives a running container one more interface. Returns the endpoint as it is now. */
  connect(containerId: string, network: NetworkRecord, endpoint: EndpointRecord): Promise<EndpointRecord>;
  /** Removes an interface of a running container. Idempotent. */
  disconnect(containerId: string, networkId: string): Promise<void>;
  /**
   * After an engine start: reserves the endpoints of every container (running or not), takes over the running ones, and
   * removes links, firewall entries and the like of this instance that belong to nothing in the lists. `running`
   * include their sockets, as in containerStarted.
   */
  adopt(
    networks: readonly NetworkRecord[],
    endpoints: readonly EndpointRecord[],
    running: readonly RunningContainer[],
  ): Promise<void>;
  /** resolv.conf of a container with its own network namespace. */
  resolvConf(dns?: DnsOptions): string;
  /** Ends DNS, proxies and watching. Links and firewall entries stay, because containers may be running. */
  close(): Promise<void>;
}

/** Why a container could not get its ports. */
export interface PortConflict {
  readonly containerName: string;
  readonly error: TcomposeError;
  /** The port, if the process that has it could not be found from here: the caller may be able to. */
  readonly nameless?: PortBinding;
}

/** Containers that are to be started together, each with its published ports. */
export interface PortDemand {
  readonly containerName: string;
  readonly ports: readonly PortRequest[];
}
