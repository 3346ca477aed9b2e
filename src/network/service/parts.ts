import type { NetworkOp } from '../../runtime/launch/launch-plan.ts';
import { NETLINK_NETFILTER, NETLINK_ROUTE, openNetlink } from '../../sys/netlink-socket.ts';
import type { NetlinkTransport } from '../../sys/netlink-transport.ts';
import { type NetworkHome, ownNetwork } from '../../sys/network-home.ts';
import { createLinkLedger } from '../attach/link-ledger.ts';
import { linkPrefix } from '../attach/link-names.ts';
import { ownerComment } from '../dead-instances.ts';
import { createForwarder } from '../dns/forwarder.ts';
import { createNameTable } from '../dns/names.ts';
import { watchHostResolvers } from '../dns/upstream-list.ts';
import { createAddressBook } from '../ipam/address-book.ts';
import { createNetworkTable, linkMatches } from '../network-table.ts';
import { createFirewall } from '../nftables/firewall.ts';
import { guardFirewall } from '../nftables/guard.ts';
import { localCongestion } from '../options.ts';
import { createPortLedger } from '../ports/publish.ts';
import { withWayBack } from '../ports/way-back.ts';
import { createRunningContainers } from '../running.ts';

export interface NetworkServiceOptions {
  /** 8 hex digits; part of every link name and of the firewall table's name. */
  readonly instance: string;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** The present time in RFC 3339, for records. */
  readonly timestamp: () => string;
  /** Sentences for the log: options without effect, restored rules, failed clean-ups. */
  readonly warn: (sentence: string) => void;
  /**
   * The lock file that this engine holds, by which others know that it lives. Without one, its table is never removed
   * by others.
   */
  readonly lockPath?: string;
  /** The bridges are in a network namespace that the machine's packets can't reach (rootless). */
  readonly outside?: OutsideNetwork;
  /** Has the shim of a running container carry out ops; needed to connect one to an IPv6 network. */
  readonly runOps?: (containerId: string, ops: readonly NetworkOp[]) => Promise<void>;
}

/** A network namespace in addition to the machine's, to which shims forward published ports. */
interface OutsideNetwork {
  readonly home: NetworkHome;
}

/** What the service's operations share: sockets, tables and ledgers of one engine's networks. */
export type NetworkParts = ReturnType<typeof openParts>;

/** The sockets, and the firewall that is written through them. */
function openSockets({ outside, instance, lockPath }: NetworkServiceOptions) {
  const home = outside?.home ?? ownNetwork;
  const route = openNetlink(NETLINK_ROUTE, home);
  const netfilter = openNetlink(NETLINK_NETFILTER, home);
  // New subnets must avoid the machine's own as well; otherwise containers could not reach those.
  const machine = outside === undefined ? route : openNetlink(NETLINK_ROUTE);
  const plain = createFirewall(
    netfilter,
    instance,
    lockPath === undefined ? undefined : ownerComment(lockPath),
  );
  const { firewall, keepsClients } =
    outside === undefined ? { firewall: plain, keepsClients: [] } : withWayBack(plain, route);
  const closeSockets = (): void => {
    for (const transport of new Set<NetlinkTransport>([route, machine, netfilter])) transport.close();
    home.close();
  };
  return { home, route, netfilter, machine, firewall, keepsClients, closeSockets };
}

/** Opens the netlink sockets and makes the tables; `close` releases everything. */
export function openParts(options: NetworkServiceOptions) {
  const { instance, warn, outside, runOps } = options;
  const sockets = openSockets(options);
  const { route, netfilter, firewall, keepsClients, closeSockets } = sockets;
  const table = createNetworkTable(route, options.now);
  const ledger = createPortLedger();
  const names = createNameTable();
  const forwarder = createForwarder();
  const resolvers = watchHostResolvers(options.now);
  /** The last ops that forwarded published ports to another network. */
  const carried: { last?: Promise<void> | undefined } = {};
  const carry = (id: string, ops: readonly NetworkOp[]): void => {
    carried.last = runOps?.(id, ops).catch((error: Error) =>
      warn(`published ports of a container could not be redirected to its other network: ${error.message}`),
    );
  };
  const running = createRunningContainers({
    ...{ table, firewall, ledger, names, forwarder, resolvers, keepsClients },
    carry: outside === undefined ? undefined : carry,
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
  return {
    ...sockets,
    ...{ options, instance, warn, outside, congestion: localCongestion(sockets.home) },
    ...{ table, addresses: createAddressBook(), ledger, names, forwarder, resolvers },
    ...{ running, carried, links, restore, guard },
    async close() {
      guard.close();
      links.close();
      forwarder.close();
      await running.close();
      closeSockets();
    },
  };
}
