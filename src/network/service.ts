import { closeSync } from 'node:fs';
import { TcomposeError } from '../errors.ts';
import { SystemCallError } from '../sys/libc.ts';
import { NETLINK_NETFILTER, NETLINK_ROUTE, openNetlink } from '../sys/netlink-socket.ts';
import { addGateway, attachRunning } from './attach/hot-attach.ts';
import { linkPrefix, macOfAddress, vethIndex, vethName } from './attach/link-names.ts';
import { type LinkPlace, planLinks } from './attach/plan-links.ts';
import { deleteLinkQuietly, listLinks, makeBridge } from './bridge.ts';
import { createRecord } from './create-record.ts';
import { createForwarder } from './dns/forwarder.ts';
import { createNameTable } from './dns/names.ts';
import { cleanServers, containerResolvConf } from './dns/resolv-conf.ts';
import { serveDns } from './dns/server.ts';
import { watchHostResolvers } from './dns/upstream-list.ts';
import { parseAddress, parseCidr, toBytes } from './ipam/address.ts';
import {
  adoptAddress,
  allocateFixed,
  allocateNext,
  emptyPool,
  type PoolState,
  releaseAddress,
} from './ipam/allocator.ts';
import { dumpAddresses, dumpRoutes, parseAddresses, parseRoutes } from './netlink/addresses.ts';
import type { NetlinkTransport } from './netlink/transport.ts';
import { createFirewall, type Publication } from './nftables/firewall.ts';
import { guardFirewall } from './nftables/guard.ts';
import { bridgeOptions, checkOptions } from './options.ts';
import { holdPort, planPorts, portSocketName } from './ports/plan-ports.ts';
import { createPortLedger, type PortProxy, startProxies } from './ports/publish.ts';
import type { DnsOptions, NetworkService, PortRequest, RunningContainer } from './service-types.ts';
import type { EndpointRecord, NetworkRecord } from './types.ts';

export interface NetworkServiceOptions {
  /** 8 hex digits; part of every link name and of the firewall table's name. */
  readonly instance: string;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** The present moment as RFC 3339, for records. */
  readonly timestamp: () => string;
  /** Sentences for the log: options without effect, rules restored, things that could not be cleaned up. */
  readonly warn: (sentence: string) => void;
}

const SWEEP_AFTER_MS = 1000;

interface NetworkState {
  readonly record: NetworkRecord;
  readonly pools: Map<4 | 6, PoolState>;
  /** While there is a bridge: its interface index. */
  bridgeIndex: number | undefined;
}

interface ContainerState {
  endpoints: readonly EndpointRecord[];
  running: RunningContainer;
  publication: Publication | undefined;
  proxies: readonly PortProxy[];
  dns: { close(): Promise<void> } | undefined;
}

/** Networks, addresses, published ports and names of one engine. Opens two netlink sockets at once. */
export function createNetworkService(options: NetworkServiceOptions): NetworkService {
  const { instance, warn } = options;
  const route = openNetlink(NETLINK_ROUTE);
  const netfilter = openNetlink(NETLINK_NETFILTER);
  const firewall = createFirewall(netfilter, instance);
  const ledger = createPortLedger();
  const names = createNameTable();
  const forwarder = createForwarder();
  const resolvers = watchHostResolvers(options.now);
  const networks = new Map<string, NetworkState>();
  const containers = new Map<string, ContainerState>();
  /** Host links of launch plans that were handed out and not yet reported as started or stopped. */
  const planned = new Map<string, readonly string[]>();
  let vethNumber = Math.floor(Math.random() * 36 ** 4);
  let sweeping: NodeJS.Timeout | undefined;

  const bridged = () => [...networks.values()].filter((state) => state.bridgeIndex !== undefined);
  const publications = () => [...containers.values()].flatMap((container) => container.publication ?? []);
  const guard = guardFirewall({
    netfilter,
    firewall,
    links: () => linkMatches(bridged().map((state) => state.record)),
    restore: () =>
      firewall.reset(
        bridged().map((state) => state.record),
        publications(),
      ),
    warn,
  });

  /** Custom-named bridges are not covered by the instance's prefix. */
  function linkMatches(records: readonly NetworkRecord[]) {
    const prefix = linkPrefix(instance);
    const own = records.some((record) => record.bridge.startsWith(prefix));
    return [
      ...(own ? [{ name: prefix, prefix: true }] : []),
      ...records
        .filter((record) => !record.bridge.startsWith(prefix))
        .map((record) => ({ name: record.bridge, prefix: false })),
    ];
  }

  function know(record: NetworkRecord): NetworkState {
    const known = networks.get(record.id);
    if (known) return known;
    const pools = new Map(record.pools.map((pool) => [pool.family, emptyPool()]));
    const state: NetworkState = { record, pools, bridgeIndex: undefined };
    networks.set(record.id, state);
    return state;
  }

  function stateOf(networkId: string): NetworkState {
    const state = networks.get(networkId);
    if (!state)
      throw new TcomposeError('INTERNAL', `network ${networkId} is not known to the network service`);
    return state;
  }

  function ensure(record: NetworkRecord): NetworkState {
    const state = know(record);
    if (record.driver !== 'bridge' || state.bridgeIndex !== undefined) return state;
    explained(`network ${record.name}`, () => {
      state.bridgeIndex = makeBridge(route, record);
      firewall.addNetwork(record);
      guard.check();
    });
    names.addNetwork(record);
    return state;
  }

  /** The endpoint that gives the default route and the address that ports lead to. */
  function gatewayOf(endpoints: readonly EndpointRecord[], wanted?: string): EndpointRecord | undefined {
    const open = endpoints.filter((endpoint) => !stateOf(endpoint.networkId).record.internal);
    return open.find((endpoint) => endpoint.networkId === wanted) ?? open[0];
  }

  function placeOf(endpoint: EndpointRecord, gateway: EndpointRecord | undefined): LinkPlace {
    const { record } = stateOf(endpoint.networkId);
    const { mtu, interContainer } = bridgeOptions(record.options);
    return {
      endpoint,
      bridgeIndex: ensure(record).bridgeIndex!,
      mtu,
      pools: record.pools,
      isolated: !interContainer,
      gateway: endpoint.networkId === gateway?.networkId,
    };
  }

  const linksInUse = () =>
    new Set([
      ...[...planned.values()].flat(),
      ...[...containers.values()].flatMap(({ endpoints }) => endpoints.map(({ hostLink }) => hostLink)),
    ]);

  /**
   * A container's links go with its namespace, which connections that are still closing can keep alive for minutes.
   * What is left after a while is deleted, all at once and on another thread.
   */
  function sweepLater(): void {
    sweeping ??= setTimeout(() => {
      sweeping = undefined;
      sweep().catch((error: Error) =>
        warn(`links that are left over could not be deleted: ${error.message}`),
      );
    }, SWEEP_AFTER_MS).unref();
  }

  async function sweep(): Promise<void> {
    const used = linksInUse();
    const own = `${linkPrefix(instance)}v`;
    for (const link of listLinks(route)) {
      if (!link.name.startsWith(own) || used.has(link.name)) continue;
      await deleteLinkQuietly(route, link.index, `left-over link ${link.name}`);
    }
  }

  /** A link name that no container has; links of containers that just ended may still be there, so it counts on. */
  function freshLink(): string {
    const used = linksInUse();
    for (;;) {
      const name = vethName(instance, vethNumber++);
      if (!used.has(name)) return name;
    }
  }

  function scopeOf(containerId: string): string[] {
    return containers.get(containerId)?.endpoints.map((endpoint) => endpoint.networkId) ?? [];
  }

  /** Containers with nothing but internal networks have no way out by DNS either. */
  function upstreamsOf(containerId: string): readonly string[] {
    const container = containers.get(containerId);
    if (!container || !gatewayOf(container.endpoints)) return [];
    const own = container.running.dns?.servers ?? [];
    return own.length > 0 ? cleanServers(own) : resolvers.servers();
  }

  /** Takes up a container; when that fails, nothing of it stays, its descriptors included. */
  async function start(running: RunningContainer, publish: boolean): Promise<void> {
    const open = new Set(Object.values(running.sockets));
    try {
      await takeUp(running, publish, open);
    } catch (error) {
      await stop(running.containerId);
      for (const fd of open) closeSync(fd);
      throw error;
    }
  }

  async function takeUp(running: RunningContainer, publish: boolean, open: Set<number>): Promise<void> {
    const { containerId, ports, sockets } = running;
    await stop(containerId);
    planned.delete(containerId);
    const endpoints = running.endpoints.filter(
      (endpoint) => stateOf(endpoint.networkId).record.driver === 'bridge',
    );
    const target = gatewayOf(endpoints);
    const publication = target && ports.length > 0 ? { bindings: ports, address: target.ipv4 } : undefined;
    const container: ContainerState = {
      endpoints,
      running,
      publication,
      proxies: [],
      dns: undefined,
    };
    containers.set(containerId, container);
    ledger.reserve(containerId, running.containerName ?? containerId.slice(0, 12), ports);
    for (const endpoint of endpoints) names.add(containerId, endpoint);
    if (publication && publish) {
      explained('published ports', () => firewall.publish(publication));
    }
    if (sockets['dns-udp'] !== undefined || sockets['dns-tcp'] !== undefined) {
      open.delete(sockets['dns-udp'] ?? -1);
      open.delete(sockets['dns-tcp'] ?? -1);
      container.dns = await serveDns({
        ...(sockets['dns-udp'] === undefined ? {} : { udpFd: sockets['dns-udp'] }),
        ...(sockets['dns-tcp'] === undefined ? {} : { tcpFd: sockets['dns-tcp'] }),
        scope: () => scopeOf(containerId),
        upstreams: () => upstreamsOf(containerId),
        names,
        forwarder,
        random: Math.random,
      });
    }
    if (publication) {
      const address = () => container.publication?.address ?? publication.address;
      for (const binding of ports) open.delete(sockets[portSocketName(binding)] ?? -1);
      container.proxies = await startProxies(ports, sockets, address);
    }
    // What nothing took up.
    for (const fd of open) closeSync(fd);
    open.clear();
  }

  async function stop(containerId: string): Promise<void> {
    const container = containers.get(containerId);
    ledger.free(containerId);
    if (planned.delete(containerId) || container) sweepLater();
    if (!container) return;
    containers.delete(containerId);
    for (const endpoint of container.endpoints) names.remove(containerId, endpoint.networkId);
    if (container.publication) firewall.withdraw(container.publication);
    await Promise.all([container.dns?.close(), ...container.proxies.map((proxy) => proxy.close())]);
  }

  /** Docker publishes on the network's own address where one is set and the request names none. */
  function withDefaultAddress(requests: readonly PortRequest[], gateway: EndpointRecord | undefined) {
    const address = gateway && bridgeOptions(stateOf(gateway.networkId).record.options).hostBinding;
    return requests.map((request) =>
      request.hostIp === '' && address ? { ...request, hostIp: address } : request,
    );
  }

  return {
    createNetwork(spec, existing) {
      for (const sentence of checkOptions(spec.name, spec.options ?? {})) warn(sentence);
      const hostRoutes = [
        ...parseRoutes(route.query(dumpRoutes(4), 'list routes')),
        ...parseRoutes(route.query(dumpRoutes(6), 'list routes')),
        ...parseAddresses(route.query(dumpAddresses(), 'list addresses')),
        ...resolvers.servers().flatMap((server) => parseCidr(`${server}/32`) ?? []),
      ];
      const record = createRecord(spec, {
        instance,
        existing,
        hostRoutes,
        linkNames: new Set(listLinks(route).map((link) => link.name)),
        created: options.timestamp(),
      });
      know(record);
      return record;
    },

    async ensureBridge(network) {
      ensure(network);
    },

    async removeNetwork(network) {
      const state = networks.get(network.id);
      networks.delete(network.id);
      names.removeNetwork(network.id);
      if (network.driver !== 'bridge') return;
      firewall.removeNetwork(network);
      guard.check();
      const index =
        state?.bridgeIndex ?? listLinks(route).find((link) => link.name === network.bridge)?.index;
      if (index !== undefined) await deleteLinkQuietly(route, index, `bridge ${network.bridge}`);
    },

    allocate(network, request) {
      const { pools, record } = know(network);
      const interfaceName = request.interfaceName ?? 'eth0';
      const base = { networkId: network.id, aliases: request.aliases, interfaceName };
      if (record.driver !== 'bridge') return { ...base, ipv4: '', mac: '', hostLink: '' };
      const take = (family: 4 | 6, fixed: string | undefined) => {
        const pool = record.pools.find((candidate) => candidate.family === family);
        const state = pools.get(family);
        if (pool && state) {
          return fixed
            ? allocateFixed(pool, state, fixed, record.name)
            : allocateNext(pool, state, record.name);
        }
        if (!fixed) return undefined;
        throw new TcomposeError(
          'NETWORK_ADDRESS_INVALID',
          `network ${record.name} has no IPv${family} subnet for address ${fixed}`,
        );
      };
      const ipv4 = take(4, request.ipv4)!;
      let ipv6: string | undefined;
      try {
        ipv6 = take(6, request.ipv6);
      } catch (error) {
        releaseAddress(pools.get(4)!, ipv4);
        throw error;
      }
      return {
        ...base,
        ipv4,
        ...(ipv6 ? { ipv6 } : {}),
        mac: request.mac ?? macOfAddress(toBytes(4, parseAddress(ipv4)!.value)),
        hostLink: freshLink(),
      };
    },

    release(endpoint) {
      const state = networks.get(endpoint.networkId);
      for (const [family, text] of [
        [4, endpoint.ipv4],
        [6, endpoint.ipv6],
      ] as const) {
        const pool = state?.pools.get(family);
        if (pool && text) releaseAddress(pool, text);
      }
    },

    async planAttach(request) {
      // The machine's own namespace is not ours to set up.
      if (request.endpoints.some(({ networkId }) => stateOf(networkId).record.driver === 'host')) {
        return { host: [], network: [], endpoints: request.endpoints, ports: [] };
      }
      const endpoints = request.endpoints
        .filter((endpoint) => stateOf(endpoint.networkId).record.driver === 'bridge')
        .map((endpoint) => ({ ...endpoint, hostLink: freshLink() }));
      const gateway = gatewayOf(endpoints, request.gatewayNetworkId);
      if (!gateway && request.ports.length > 0 && endpoints.length > 0) {
        warn(
          `ports of container ${request.containerName ?? request.containerId.slice(0, 12)} are not published: all its networks are internal`,
        );
      }
      const requests = gateway ? withDefaultAddress(request.ports, gateway) : [];
      ledger.free(request.containerId);
      const ports = planPorts(requests, ledger.world);
      const places = endpoints.map((endpoint) => placeOf(endpoint, gateway));
      const network = planLinks(places);
      planned.set(
        request.containerId,
        endpoints.map(({ hostLink }) => hostLink),
      );
      ledger.reserve(request.containerId, request.containerName ?? request.containerId.slice(0, 12), ports);
      return { host: ports.map(holdPort), network, endpoints, ports };
    },

    containerStarted: (running) => start(running, true),

    async containerStopped(containerId) {
      await stop(containerId);
    },

    async connect(containerId, network, endpoint) {
      const container = containers.get(containerId);
      const socket = container?.running.sockets['dns-udp'];
      if (!container || socket === undefined) {
        throw new TcomposeError(
          'NETWORK_SETUP_FAILED',
          `container ${containerId.slice(0, 12)} has no network namespace of its own to be connected`,
        );
      }
      const used = new Set(container.endpoints.map(({ interfaceName }) => interfaceName));
      let interfaceName = endpoint.interfaceName;
      for (let number = 0; used.has(interfaceName); number++) interfaceName = `eth${number}`;
      ensure(network);
      const fresh = { ...endpoint, interfaceName, hostLink: freshLink() };
      const gateway = gatewayOf(container.endpoints) ?? gatewayOf([fresh]);
      explained(`network ${network.name}`, () => attachRunning(route, placeOf(fresh, gateway), socket));
      container.endpoints = [...container.endpoints, fresh];
      names.add(containerId, fresh);
      return fresh;
    },

    async disconnect(containerId, networkId) {
      const container = containers.get(containerId);
      const endpoint = container?.endpoints.find((candidate) => candidate.networkId === networkId);
      if (!container || !endpoint) return;
      container.endpoints = container.endpoints.filter((candidate) => candidate !== endpoint);
      names.remove(containerId, networkId);
      const next = gatewayOf(container.endpoints);
      if (container.publication?.address === endpoint.ipv4) {
        firewall.withdraw(container.publication);
        container.publication = next && { ...container.publication, address: next.ipv4 };
        if (container.publication) firewall.publish(container.publication);
      }
      const index = vethIndex(endpoint.hostLink);
      if (index !== undefined) await deleteLinkQuietly(route, index, `link ${endpoint.hostLink}`);
      const socket = container.running.sockets['dns-udp'];
      const pool = next && stateOf(next.networkId).record.pools.find(({ family }) => family === 4);
      if (pool && socket !== undefined) addGateway(socket, pool.gateway);
    },

    async adopt(records, endpoints, running) {
      for (const record of records) know(record);
      for (const endpoint of endpoints) {
        const state = networks.get(endpoint.networkId);
        if (!state) continue;
        if (endpoint.ipv4) adoptAddress(state.pools.get(4)!, endpoint.ipv4);
        const six = state.pools.get(6);
        if (endpoint.ipv6 && six) adoptAddress(six, endpoint.ipv6);
      }
      const links = listLinks(route);
      const bridges = new Map(records.map((record) => [record.bridge, record]));
      const alive = new Set(
        running.flatMap((container) => container.endpoints.map(({ hostLink }) => hostLink)),
      );
      for (const link of links) {
        const record = bridges.get(link.name);
        if (record && link.kind === 'bridge') stateOf(record.id).bridgeIndex = makeBridge(route, record);
      }
      for (const { record } of bridged()) names.addNetwork(record);
      for (const container of running) await start(container, false);
      explained('the firewall', () => {
        firewall.reset(
          bridged().map((state) => state.record),
          publications(),
        );
        guard.check();
      });
      const stale = links.filter(
        (link) =>
          link.name.startsWith(linkPrefix(instance)) && !bridges.has(link.name) && !alive.has(link.name),
      );
      for (const link of stale) await deleteLinkQuietly(route, link.index, `left-over link ${link.name}`);
    },

    resolvConf: (dns?: DnsOptions) => containerResolvConf(resolvers.config(), dns),

    async close() {
      guard.close();
      clearTimeout(sweeping);
      forwarder.close();
      await Promise.all(
        [...containers.values()].flatMap(({ dns, proxies }) => [
          dns?.close(),
          ...proxies.map((proxy) => proxy.close()),
        ]),
      );
      containers.clear();
      closeTransport(route);
      closeTransport(netfilter);
    },
  };
}

const closeTransport = (transport: NetlinkTransport) => transport.close();

/** Turns the kernel's refusal into an error that says what was being done. */
function explained<T>(what: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof SystemCallError)) throw error;
    throw new TcomposeError('NETWORK_SETUP_FAILED', `${what} could not be set up: ${error.message}`, {
      cause: error,
      ...(error.errnoName === 'EPERM' ? { hint: 'Setting up networks needs CAP_NET_ADMIN.' } : {}),
    });
  }
}
