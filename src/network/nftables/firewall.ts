import { constants } from 'node:os';
import { SystemCallError } from '../../sys/libc.ts';
import type { NetlinkTransport } from '../../sys/netlink-transport.ts';
import { forgetUdp } from '../conntrack.ts';
import type { NetworkRecord, PortBinding } from '../types.ts';
import {
  addTable,
  batch,
  deleteTable,
  dumpTableRules,
  dumpTables,
  NFT_MSG,
  parseTables,
} from './messages.ts';
import { addNetwork, changePorts, deleteNetwork, emptyTable, tableOf } from './ruleset.ts';

/** Where published ports lead: the container's addresses on the networks with its default routes. */
export interface PortLead {
  readonly address: string;
  /**
   * Its IPv6 address, if any: a rootless engine forwards to it the clients whose address the container should see
   * (ports/way-back.ts).
   */
  readonly address6?: string | undefined;
}

/** Published ports of one container and the addresses that they lead to. */
export interface Publication extends PortLead {
  readonly bindings: readonly PortBinding[];
}

/** The instance's nf_tables table. Every method is one transaction. */
export interface Firewall {
  readonly table: string;
  /** Replaces the table, atomically, by one with just these networks and ports; without any, removes it. */
  reset(networks: readonly NetworkRecord[], publications: readonly Publication[]): void;
  addNetwork(network: NetworkRecord): void;
  removeNetwork(network: NetworkRecord): void;
  /** Whether the table exists and has rules. */
  stands(): boolean;
  publish(publication: Publication): void;
  withdraw(publication: Publication): void;
  /** Redirects ports to another address: no connection finds them closed in between. */
  redirect(bindings: readonly PortBinding[], from: PortLead, to: PortLead): void;
}

/** `comment` is put on the table. */
export function createFirewall(netfilter: NetlinkTransport, instance: string, comment?: string): Firewall {
  const table = tableOf(instance);
  const present = new Set<string>();

  function run(messages: readonly Buffer[], what: string): void {
    if (messages.length > 0) netfilter.transact(batch(messages), what);
  }

  const forget = (bindings: readonly PortBinding[]) =>
    forgetUdp(
      netfilter,
      bindings.filter(({ protocol }) => protocol === 'udp').map(({ hostPort }) => hostPort),
    );

  function reset(networks: readonly NetworkRecord[], publications: readonly Publication[]): void {
    present.clear();
    for (const network of networks) present.add(network.id);
    // Adding before deleting makes the deletion succeed whether or not the table existed.
    const clean = [addTable(table), deleteTable(table)];
    const fresh =
      networks.length === 0
        ? []
        : [
            ...emptyTable(instance, comment),
            ...networks.flatMap((network) => addNetwork(table, network)),
            ...publications.flatMap(({ bindings, address }) => changePorts(table, 'add', bindings, address)),
          ];
    run([...clean, ...fresh], 'set up the firewall table');
  }

  return {
    table: table.table,
    reset,

    addNetwork(network) {
      if (present.has(network.id)) return;
      if (present.size === 0) return reset([network], []);
      run(addNetwork(table, network), `firewall entries of network ${network.name}`);
      present.add(network.id);
    },

    removeNetwork(network) {
      if (!present.delete(network.id)) return;
      if (present.size === 0) return reset([], []);
      run(deleteNetwork(table, network), `firewall entries of network ${network.name}`);
    },

    stands() {
      const tables = parseTables(netfilter.query(dumpTables(), 'list tables'));
      return (
        tables.some((one) => one.table === table.table) &&
        netfilter.query(dumpTableRules(table), 'list rules').some(({ type }) => type === NFT_MSG.newRule)
      );
    },

    publish({ bindings, address }) {
      run(changePorts(table, 'add', bindings, address), 'publish ports');
      forget(bindings);
    },

    redirect(bindings, from, to) {
      const changed = [
        ...changePorts(table, 'delete', bindings, from.address),
        ...changePorts(table, 'add', bindings, to.address),
      ];
      run(changed, 'redirect published ports to another container');
      forget(bindings);
    },

    withdraw({ bindings, address }) {
      try {
        run(changePorts(table, 'delete', bindings, address), 'withdraw published ports');
      } catch (error) {
        // Gone already, with the table or by another program.
        if (!(error instanceof SystemCallError) || error.errno !== constants.errno.ENOENT) throw error;
      }
      forget(bindings);
    },
  };
}
