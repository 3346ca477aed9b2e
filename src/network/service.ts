import { TcomposeError } from '../errors.ts';
import type { NetworkOp } from '../runtime/launch/launch-plan.ts';
import { listensAt } from '../sys/listens-at.ts';
import { NETLINK_NETFILTER, NETLINK_ROUTE, openNetlink } from '../sys/netlink-socket.ts';
import { type NetworkHome, ownNetwork } from '../sys/network-home.ts';
import { addGateway, attachRunning } from './attach/hot-attach.ts';
import { createLinkLedger } from './attach/link-ledger.ts';
import { linkPrefix, macOfAddress, vethIndex } from './attach/link-names.ts';
import { DNS_PORT, planLinks, planPlace, planRoute } from './attach/plan-links.ts';
import { closePort, deleteLinkQuietly, listLinks, rejoinBridge, takeIpv6OffPort } from './bridge.ts';
import { createRecord, networkWarnings } from './create-record.ts';
import { ownerComment, sweepDeadInstances } from './dead-instances.ts';
import { createForwarder } from './dns/forwarder.ts';
import { createNameTable } from './dns/names.ts';
import { containerResolvConf } from './dns/resolv-conf.ts';
import { watchHostResolvers } from './dns/upstream-list.ts';
import { explained } from './explain.ts';
import { type Cidr, parseAddress, parseCidr, toBytes } from './ipam/address.ts';
import { createAddressBook } from './ipam/address-book.ts';
import { dumpAddresses, dumpRoutes, parseAddresses, parseRoutes } from './netlink/addresses.ts';
import { deleteLink } from './netlink/links.ts';
import { createNetworkTable, linkMatches } from './network-table.ts';
import { createFirewall } from './nftables/firewall.ts';
import { guardFirewall } from './nftables/guard.ts';
import { bridgeOptions } from './options.ts';
import { forwardOps } from './ports/forward.ts';
import { heldBindings, longRuns, longRunWarning } from './ports/long-runs.ts';
import { findPortConflicts, holdPort, planPorts } from './ports/plan-ports.ts';
import { createPortLedger } from './ports/publish.ts';
import { withWayBack } from './ports/way-back.ts';
import { createRunningContainers } from './running.ts';
import type { NetworkService, NetworkSpec, PortRequest } from './service-types.ts';
import type { EndpointRecord, NetworkRecord } from './types.ts';

interface NetworkServiceOptions {
  /** 8 hex digits; part of every link name and of the firewall table's name. */
  readonly instance: string;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** The present moment as RFC 3339, for records. */
  readonly timestamp: () => string;
  /** Sentences for the log: options without effect, rules restored, things that could not be cleaned up. */
  readonly warn: (sentence: string) => void;
  /** The lock file this engine holds: others know by it that it lives. Without one, its table is left to it for ever. */
  readonly lockPath?: string;
  /** The bridges are in a network namespace that the machine's packets don't reach (rootless). */
  readonly outside?: OutsideNetwork;
  /** Has the shim of a running container carry out ops; connecting one to an IPv6 network needs it. */
  readonly runOps?: (containerId: string, ops: readonly NetworkOp[]) => Promise<void>;
}

/** A network namespace beside the machine's, to which published ports are carried by the shims. */
interface OutsideNetwork {
  readonly home: NetworkHome;
}

/** Docker's name for the network of containers that ask for none. */
const DEFAULT_NETWORK = 'bridge';
/** How many subnets are tried that another engine takes at the same moment. */
const SUBNET_TRIES = 8;

/** Networks, addresses, published ports and names of one engine. Opens two netlink sockets at once. */
export function createNetworkService(options: NetworkServiceOptions): NetworkService {
  const { instance, warn } = options;
  const { outside } = options;
  const home = outside?.home ?? ownNetwork;
  const route = openNetlink(NETLINK_ROUTE, home);
  const netfilter = openNetlink(NETLINK_NETFILTER, home);
  // New subnets keep clear of the machine's own, too, or containers could not reach those.
  const machine = outside === undefined ? route : openNetlink(NETLINK_ROUTE);
  const plainFirewall = createFirewall(
    netfilter,
    instance,
    options.lockPath === undefined ? undefined : ownerComment(options.lockPath),
  );
  const { firewall, keepsClients } =
    outside === undefined
      ? { firewall: plainFirewall, keepsClients: false }
      : withWayBack(plainFirewall, route);
  const table = createNetworkTable(route, options.now);
  const addresses = createAddressBook();
  const ledger = createPortLedger();
  const names = createNameTable();
  const forwarder = createForwarder();
  const resolvers = watchHostResolvers(options.now);
  let carried: Promise<void> | undefined;
  const running = createRunningContainers({
    table,
    firewall,
    ledger,
    names,
    forwarder,
    resolvers,
    keepsClients,
    carry:
      outside === undefined
        ? undefined
        : (id, ops) => {
            carried = options.runOps?.(id, ops).catch(warnOfPorts);
          },
  });
  const links = createLinkLedger({ instance, route, inUse: () => running.links(), warn });
  const restore = () => firewall.reset(table.up(), running.publications());
  const guard = guardFirewall({
    netfilter,
    firewall,
    links: () => linkMatches(linkPrefix(instance), table.up()),
    restore,
    warn,
  });

  function warnOfPorts(error: Error): void {
    warn(`published ports of a container could not be led to its other network: ${error.message}`);
  }

  function ensure(record: NetworkRecord): void {
    table.know(record);
    if (record.driver !== 'bridge') return;
    const raised = table.raise(record);
    explained(`network ${record.name}`, () => firewall.addNetwork(record));
    names.addNetwork(record);
    if (raised === 'there') return;
    if (raised === 'remade')
      warn(
        `network ${record.name}: its bridge ${record.bridge} was deleted by another program; it was made again`,
      );
    const isolated = !bridgeOptions(record.options).interContainer;
    for (const link of running.linksOn(record.id))
      explained(`link ${link}`, () =>
        rejoinBridge(route, link, { index: table.indexOf(record.id), isolated }),
      );
    guard.check();
  }

  /** Undoes ensure for a network that nothing has used yet. */
  function takeBack(record: NetworkRecord): void {
    const index = table.forget(record.id);
    names.removeNetwork(record.id);
    firewall.removeNetwork(record);
    guard.check();
    if (index !== undefined) route.request(deleteLink(index), `delete bridge ${record.bridge}`);
  }

  /**
   * Makes a new network's bridge at once, so that another engine on this machine does not choose the same subnet. Its
   * bridge may have come between the look and ours: so there is a second look, after ours is there.
   */
  function claim(record: NetworkRecord): void {
    try {
      ensure(record);
      table.checkSubnet(record);
    } catch (error) {
      takeBack(record);
      throw error;
    }
  }

  const plan = (spec: NetworkSpec, existing: readonly NetworkRecord[]) =>
    createRecord(spec, {
      instance,
      existing,
      hostRoutes: occupied(),
      linkNames: new Set(listLinks(route).map((link) => link.name)),
      created: options.timestamp(),
    });

  const isBridged = ({ networkId }: EndpointRecord) => table.recordOf(networkId).driver === 'bridge';

  /** Docker publishes on the network's own address where one is set and the request names none. */
  function withDefaultAddress(requests: readonly PortRequest[], gateway: EndpointRecord): PortRequest[] {
    const { hostBinding } = bridgeOptions(table.recordOf(gateway.networkId).options);
    return requests.map((request) => (request.hostIp === '' ? { ...request, hostIp: hostBinding } : request));
  }

  /** What new subnets must keep clear of: routes, addresses and resolvers of the machine. */
  function occupied(): Cidr[] {
    const sources = new Set([route, machine]);
    return [
      ...[...sources].flatMap((from) => [
        ...([4, 6] as const).flatMap((family) => parseRoutes(from.query(dumpRoutes(family), 'list routes'))),
        ...parseAddresses(from.query(dumpAddresses(), 'list addresses')),
      ]),
      ...resolvers.servers().flatMap((server) => parseCidr(`${server}/32`) ?? []),
    ];
  }

  return {
    createNetwork(spec, existing) {
      for (const sentence of networkWarnings(spec)) warn(sentence);
      // A subnet that was asked for is not exchanged for another.
      const chosen = !spec.ipam?.some(({ subnet }) => subnet);
      for (let tries = 1; ; tries++) {
        const record = plan(spec, existing);
        table.know(record);
        // The default network's bridge waits until it is used: many never are.
        if (record.driver !== 'bridge' || record.name === DEFAULT_NETWORK) return record;
        try {
          claim(record);
          return record;
        } catch (error) {
          const taken = error instanceof TcomposeError && error.code === 'NETWORK_POOL_OVERLAP';
          if (!taken || !chosen || tries >= SUBNET_TRIES) throw error;
        }
      }
    },

    async ensureBridge(network) {
      ensure(network);
    },

    mend() {
      for (const record of table.up()) {
        if (running.linksOn(record.id).length === 0) continue;
        try {
          ensure(record);
        } catch (error) {
          warn(`network ${record.name} is broken and could not be put right: ${(error as Error).message}`);
        }
      }
    },

    async removeNetwork(network) {
      const known = table.forget(network.id);
      names.removeNetwork(network.id);
      addresses.forget(network.id);
      if (network.driver !== 'bridge') return;
      firewall.removeNetwork(network);
      guard.check();
      const index = known ?? listLinks(route).find((link) => link.name === network.bridge)?.index;
      if (index !== undefined) await deleteLinkQuietly(route, index, `bridge ${network.bridge}`);
    },

    allocate(network, request) {
      table.know(network);
      const { aliases, interfaceName = 'eth0' } = request;
      const base = { networkId: network.id, aliases, interfaceName };
      if (network.driver !== 'bridge') return { ...base, ipv4: '', mac: '', hostLink: '' };
      const taken = addresses.allocate(network, request, request.avoid);
      const mac = request.mac ?? macOfAddress(toBytes(4, parseAddress(taken.ipv4)!.value));
      return { ...base, ...taken, mac, hostLink: links.fresh() };
    },

    release: (endpoint) => addresses.release(endpoint),

    portConflicts: (demands, releasing) => findPortConflicts(demands, ledger.without(releasing)),

    async planAttach(request) {
      const { containerId, containerName = containerId.slice(0, 12) } = request;
      // The machine's own namespace is not ours to set up.
      if (request.endpoints.some(({ networkId }) => table.recordOf(networkId).driver === 'host')) {
        return { host: [], network: [], endpoints: request.endpoints, ports: [] };
      }
      ledger.free(containerId);
      const endpoints = request.endpoints
        .filter(isBridged)
        .map((endpoint) => ({ ...endpoint, hostLink: links.fresh() }));
      links.plan(
        containerId,
        endpoints.map(({ hostLink }) => hostLink),
      );
      const gateway = table.gatewayOf(endpoints, request.gatewayOrder);
      if (!gateway && request.ports.length > 0 && endpoints.length > 0) {
        warn(`ports of container ${containerName} are not published: all its networks are internal`);
      }
      const wanted = gateway ? withDefaultAddress(request.ports, gateway) : [];
      const ports = planPorts(wanted, ledger.world);
      const onlyIPv4 = longRunWarning(containerName, longRuns(wanted));
      if (onlyIPv4 !== undefined) warn(onlyIPv4);
      ledger.reserve(containerId, containerName, ports);
      for (const { networkId } of endpoints) ensure(table.recordOf(networkId));
      await links.vacate(endpoints);
      const served = [
        ...request.ports.map(({ containerPort }) => containerPort),
        ...(request.exposedPorts ?? []),
      ];
      const network = planLinks(
        endpoints.map((endpoint) => table.placeOf(endpoint, endpoints, request.gatewayOrder)),
        served.includes(DNS_PORT),
      );
      if (outside === undefined || gateway === undefined)
        return { host: heldBindings(ports).map(holdPort), network, endpoints, ports };
      const forwards = forwardOps(ports, gateway.ipv4, keepsClients);
      return { host: ports.map(holdPort), network: [...network, ...forwards], endpoints, ports };
    },

    async containerStarted(container) {
      await running.start(container, true);
      links.settle(container.containerId);
    },

    async containerStopped(containerId) {
      const planned = links.settle(containerId);
      const endpoints = await running.stop(containerId);
      if (endpoints) links.ended(endpoints);
      if (planned || endpoints) links.sweepLater();
    },

    listens: (address, port) => listensAt(home, address, port),

    async takePlace(of, by) {
      if (running.takePlace(of, by)) return carried;
      throw new TcomposeError(
        'NETWORK_SETUP_FAILED',
        `container ${by.slice(0, 12)} cannot take the place of ${of.slice(0, 12)}`,
        { hint: 'Both have to run, on networks with a way out.' },
      );
    },

    async connect(containerId, network, endpoint) {
      const container = running.find(containerId);
      if (container?.socket === undefined) {
        throw new TcomposeError(
          'NETWORK_SETUP_FAILED',
          `container ${containerId.slice(0, 12)} has no network namespace of its own to be connected`,
        );
      }
      const used = new Set(container.endpoints.map(({ interfaceName }) => interfaceName));
      let interfaceName = endpoint.interfaceName;
      for (let number = 0; used.has(interfaceName); number++) interfaceName = `eth${number}`;
      ensure(network);
      const fresh = { ...endpoint, interfaceName, hostLink: links.fresh() };
      const { socket } = container;
      // A default route that is there stays: the newcomer only gives what no other does.
      const before = container.endpoints.map(({ networkId }) => networkId);
      const place = table.placeOf(
        fresh,
        [...container.endpoints, fresh],
        [...(container.gatewayOrder ?? []).filter((id) => before.includes(id)), ...before],
      );
      // IPv6 addresses can't be given through a socket of the other family.
      if (fresh.ipv6 && options.runOps) await options.runOps(containerId, planPlace(place));
      else explained(`network ${network.name}`, () => attachRunning(route, place, socket));
      takeIpv6OffPort(route, fresh.hostLink);
      running.attach(containerId, fresh);
      return fresh;
    },

    async disconnect(containerId, networkId) {
      const container = running.find(containerId);
      const endpoint = container?.endpoints.find((candidate) => candidate.networkId === networkId);
      if (!container || !endpoint) return;
      running.detach(containerId, endpoint);
      const index = vethIndex(endpoint.hostLink);
      if (index !== undefined) await deleteLinkQuietly(route, index, `link ${endpoint.hostLink}`);
      const left = running.find(containerId);
      const next = left && table.gatewayOf(left.endpoints, left.gatewayOrder);
      const pool = next && table.recordOf(next.networkId).pools.find(({ family }) => family === 4);
      if (pool && container.socket !== undefined) addGateway(container.socket, pool.gateway);
      const next6 = left && table.gatewayOf(left.endpoints, left.gatewayOrder, 6);
      if (next6 && table.gatewayOf(container.endpoints, container.gatewayOrder, 6) === endpoint)
        await options.runOps?.(containerId, planRoute(next6, table.recordOf(next6.networkId).pools, 6));
    },

    async adopt(records, endpoints, adopted) {
      await sweepDeadInstances({ instance, route, netfilter, warn });
      for (const record of records) table.know(record);
      const known = new Set(records.map(({ id }) => id));
      for (const endpoint of endpoints) if (known.has(endpoint.networkId)) addresses.adopt(endpoint);
      const present = listLinks(route);
      const bridges = new Map(records.map((record) => [record.bridge, record]));
      for (const link of present) {
        const record = bridges.get(link.name);
        if (!record || link.kind !== 'bridge') continue;
        table.raise(record);
        names.addNetwork(record);
      }
      for (const container of adopted) await running.start(container, false);
      explained('the firewall', restore);
      guard.check();
      const alive = new Set(running.links());
      for (const link of alive) closePort(route, link);
      for (const link of present) {
        const ours = link.name.startsWith(linkPrefix(instance));
        if (!ours || bridges.has(link.name) || alive.has(link.name)) continue;
        await deleteLinkQuietly(route, link.index, `left-over link ${link.name}`);
      }
    },

    resolvConf: (dns) => containerResolvConf(resolvers.config(), dns),

    async close() {
      guard.close();
      links.close();
      forwarder.close();
      await running.close();
      for (const transport of new Set([route, machine, netfilter])) transport.close();
      home.close();
    },
  };
}
