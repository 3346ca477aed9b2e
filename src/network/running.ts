import { closeSync } from 'node:fs';
import type { NetworkOp } from '../runtime/launch/launch-plan.ts';
import type { Forwarder } from './dns/forwarder.ts';
import type { NameTable } from './dns/names.ts';
import { cleanServers } from './dns/resolv-conf.ts';
import { serveDns } from './dns/server.ts';
import type { HostResolvers } from './dns/upstream-list.ts';
import { explained } from './explain.ts';
import type { NetworkTable } from './network-table.ts';
import type { Firewall, PortLead, Publication } from './nftables/firewall.ts';
import { forwardOps } from './ports/forward.ts';
import { portSocketName } from './ports/plan-ports.ts';
import { type PortLedger, type PortProxy, startProxies } from './ports/publish.ts';
import type { RunningContainer } from './service-types.ts';
import type { EndpointRecord } from './types.ts';

interface State {
  readonly running: RunningContainer;
  endpoints: readonly EndpointRecord[];
  publication: Publication | undefined;
  proxies: readonly PortProxy[];
  /** Where the proxies lead; another container may take them over. */
  lead: { address: string };
  dns: { close(): Promise<void> } | undefined;
}

/** Running containers and what is maintained for them: names, firewall entries, name servers, proxies. */
interface RunningContainers {
  /** With `publish` false, firewall entries are left to a reset of the whole table. */
  start(running: RunningContainer, publish: boolean): Promise<void>;
  /** Idempotent. Returns the container's endpoints; undefined when it was not running. */
  stop(containerId: string): Promise<readonly EndpointRecord[] | undefined>;
  /** The container's endpoints, and the descriptor of its name server's socket, which is in its namespace. */
  find(containerId: string):
    | {
        readonly endpoints: readonly EndpointRecord[];
        readonly gatewayOrder: readonly string[] | undefined;
        readonly socket: number | undefined;
      }
    | undefined;
  attach(containerId: string, endpoint: EndpointRecord): void;
  /** Removes an endpoint; a port that led through it then uses the next gateway. */
  detach(containerId: string, endpoint: EndpointRecord): void;
  /**
   * Ports and names of one container now lead to another, which has no ports yet. False: one of them is not running on
   * a network.
   */
  takePlace(of: string, by: string): boolean;
  publications(): Publication[];
  links(): string[];
  /** Links of the containers that are on a network. */
  linksOn(networkId: string): string[];
  close(): Promise<void>;
}

/** What is maintained for containers on networks while they run: names, resolver, published ports. */
export function createRunningContainers(parts: {
  readonly table: NetworkTable;
  readonly firewall: Firewall;
  readonly ledger: PortLedger;
  readonly names: NameTable;
  readonly forwarder: Forwarder;
  readonly resolvers: HostResolvers;
  /** Whether the shim may let a container see its clients' own addresses (ports/way-back.ts). */
  readonly keepsClients: readonly (4 | 6)[];
  /** Makes the container's shim forward its published ports, instead of proxies here. */
  readonly carry: ((containerId: string, ops: readonly NetworkOp[]) => void) | undefined;
}): RunningContainers {
  const { table, firewall, ledger, names, forwarder, resolvers, carry, keepsClients } = parts;
  const containers = new Map<string, State>();

  /** Containers with only internal networks have no way out by DNS either. */
  function upstreamsOf({ endpoints, running }: State): readonly string[] {
    if (!table.gatewayOf(endpoints)) return [];
    const own = running.dns?.servers ?? [];
    return own.length > 0 ? cleanServers(own) : resolvers.servers();
  }

  /** Where names are looked up, in this order: the network with the way out, then the others by name, as in dockerd. */
  function scopeOf({ endpoints, running }: State): readonly string[] {
    const first = table.gatewayOf(endpoints, running.gatewayOrder)?.networkId;
    const rank = (id: string) => `${id === first ? 0 : 1}${table.recordOf(id).name}`;
    const ids = endpoints.map(({ networkId }) => networkId);
    return ids.length < 2 ? ids : ids.sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
  }

  async function takeUp(running: RunningContainer, publish: boolean, open: Set<number>): Promise<void> {
    const { containerId, ports, sockets } = running;
    const endpoints = running.endpoints.filter(
      ({ networkId }) => table.recordOf(networkId).driver === 'bridge',
    );
    const target = table.leadOf(endpoints, running.gatewayOrder);
    const publication = target && ports.length > 0 ? { bindings: ports, ...target } : undefined;
    const state: State = {
      running,
      endpoints,
      publication,
      proxies: [],
      lead: { address: '' },
      dns: undefined,
    };
    containers.set(containerId, state);
    ledger.reserve(containerId, running.containerName ?? containerId.slice(0, 12), ports);
    if (running.unnamed !== true) for (const endpoint of endpoints) names.add(containerId, endpoint);
    for (const { networkId } of endpoints) table.widen(networkId);
    if (publication && publish) explained('published ports', () => firewall.publish(publication));
    const { 'dns-udp': udpFd, 'dns-tcp': tcpFd } = sockets;
    for (const fd of [udpFd, tcpFd]) if (fd !== undefined) open.delete(fd);
    state.dns = await serveDns({
      ...(udpFd === undefined ? {} : { udpFd }),
      ...(tcpFd === undefined ? {} : { tcpFd }),
      scope: () => scopeOf(state),
      ...(running.links === undefined ? {} : { links: linkTable(running.links) }),
      upstreams: () => upstreamsOf(state),
      names,
      forwarder,
      random: Math.random,
    });
    if (publication && carry === undefined) {
      for (const binding of ports) open.delete(sockets[portSocketName(binding)] ?? -1);
      const { lead } = state;
      lead.address = publication.address;
      state.proxies = await startProxies(ports, sockets, () => lead.address);
    }
    // Descriptors that nothing has taken over.
    for (const fd of open) closeSync(fd);
    open.clear();
  }

  async function stop(containerId: string): Promise<readonly EndpointRecord[] | undefined> {
    const state = containers.get(containerId);
    ledger.free(containerId);
    if (!state) return undefined;
    containers.delete(containerId);
    for (const endpoint of state.endpoints) names.remove(containerId, endpoint.networkId);
    try {
      if (state.publication) firewall.withdraw(state.publication);
    } finally {
      await closeServers(state);
    }
    return state.endpoints;
  }

  return {
    async start(running, publish) {
      await stop(running.containerId);
      const open = new Set(Object.values(running.sockets));
      try {
        await takeUp(running, publish, open);
      } catch (error) {
        // Whatever else fails during the undo, the sockets are closed; the first error is reported.
        await stop(running.containerId).catch(() => {});
        for (const fd of open) closeSync(fd);
        throw error;
      }
    },

    stop,

    find(containerId) {
      const state = containers.get(containerId);
      if (!state) return undefined;
      const { sockets, gatewayOrder } = state.running;
      return { endpoints: state.endpoints, gatewayOrder, socket: sockets['dns-udp'] };
    },

    attach(containerId, endpoint) {
      const state = containers.get(containerId);
      if (!state) return;
      state.endpoints = [...state.endpoints, endpoint];
      names.add(containerId, endpoint);
    },

    detach(containerId, endpoint) {
      const state = containers.get(containerId);
      if (!state) return;
      state.endpoints = state.endpoints.filter((other) => other !== endpoint);
      names.remove(containerId, endpoint.networkId);
      if (!state.publication || !leadsBy(state.publication, endpoint)) return;
      const next = table.leadOf(state.endpoints, state.running.gatewayOrder);
      firewall.withdraw(state.publication);
      state.publication = next && { bindings: state.publication.bindings, ...next };
      if (state.publication) {
        firewall.publish(state.publication);
        state.lead.address = state.publication.address;
        carry?.(containerId, forwardOps(state.publication.bindings, state.publication, keepsClients));
      }
    },

    takePlace(of, by) {
      const [giving, taking] = [containers.get(of), containers.get(by)];
      if (!giving || !taking || taking.publication) return false;
      const target = table.leadOf(taking.endpoints, taking.running.gatewayOrder);
      const { publication } = giving;
      if (publication) {
        if (!target) return false;
        const { bindings } = publication;
        explained('published ports', () => firewall.redirect(bindings, publication, target));
        ledger.free(of);
        ledger.reserve(by, taking.running.containerName ?? by.slice(0, 12), bindings);
        taking.publication = { bindings, ...target };
        giving.lead.address = target.address;
        carry?.(by, forwardOps(bindings, target, keepsClients));
        [taking.proxies, taking.lead] = [giving.proxies, giving.lead];
        giving.publication = undefined;
        [giving.proxies, giving.lead] = [[], { address: '' }];
      }
      for (const endpoint of giving.endpoints) names.remove(of, endpoint.networkId);
      for (const endpoint of taking.endpoints) names.add(by, endpoint);
      return true;
    },

    publications: () => [...containers.values()].flatMap(({ publication }) => publication ?? []),

    links: () =>
      [...containers.values()].flatMap(({ endpoints }) => endpoints.map(({ hostLink }) => hostLink)),

    linksOn: (networkId) =>
      [...containers.values()].flatMap(({ endpoints }) =>
        endpoints.filter((endpoint) => endpoint.networkId === networkId).map(({ hostLink }) => hostLink),
      ),

    async close() {
      const all = [...containers.values()];
      containers.clear();
      await Promise.all(all.map(closeServers));
    },
  };
}

/** Whether ports lead to the container through this endpoint. */
const leadsBy = ({ address, address6 }: PortLead, { ipv4, ipv6 }: EndpointRecord): boolean =>
  address === ipv4 || (address6 !== undefined && address6 === ipv6);

/** Most containers have none: then nothing is allocated for a query. */
const linkTable =
  (links: () => Readonly<Record<string, string>>): (() => ReadonlyMap<string, string>) =>
  () =>
    new Map(Object.entries(links()).map(([name, target]) => [name.toLowerCase(), target.toLowerCase()]));

async function closeServers({ dns, proxies }: State): Promise<void> {
  await Promise.all([dns?.close(), ...proxies.map((proxy) => proxy.close())]);
}
