import { TcomposeError } from '../../errors.ts';
import { deleteLinkQuietly, listLinks, rejoinBridge } from '../bridge.ts';
import { createRecord, networkWarnings } from '../create-record.ts';
import { explained } from '../explain.ts';
import { type Cidr, parseCidr } from '../ipam/address.ts';
import { dumpAddresses, dumpRoutes, parseAddresses, parseRoutes } from '../netlink/addresses.ts';
import { deleteLink } from '../netlink/links.ts';
import { bridgeOptions } from '../options.ts';
import type { NetworkSpec } from '../service-types.ts';
import type { NetworkRecord } from '../types.ts';
import type { NetworkParts } from './parts.ts';

/** Docker's name for the network of containers that don't choose one. */
const DEFAULT_NETWORK = 'bridge';
/** How many subnets to try when another engine takes the same ones at the same moment. */
const SUBNET_TRIES = 8;

/** Ensures that the network's bridge exists with its rules and links, whatever has happened to it. */
export function ensureNetwork(parts: NetworkParts, record: NetworkRecord): void {
  const { table, firewall, names, running, route, guard, warn } = parts;
  table.know(record);
  if (record.driver !== 'bridge') return;
  const raised = table.raise(record);
  explained(`network ${record.name}`, () => firewall.addNetwork(record));
  names.addNetwork(record);
  if (raised === 'there') return;
  if (raised === 'remade')
    warn(
      `network ${record.name}: its bridge ${record.bridge} was deleted by another program; it was recreated`,
    );
  const isolated = !bridgeOptions(record.options).interContainer;
  for (const link of running.linksOn(record.id))
    explained(`link ${link}`, () => rejoinBridge(route, link, { index: table.indexOf(record.id), isolated }));
  guard.check();
}

/** Undoes ensureNetwork for a network that nothing has used yet. */
function takeBack(parts: NetworkParts, record: NetworkRecord): void {
  const { table, names, firewall, guard, route } = parts;
  const index = table.forget(record.id);
  names.removeNetwork(record.id);
  firewall.removeNetwork(record);
  guard.check();
  if (index !== undefined) route.request(deleteLink(index), `delete bridge ${record.bridge}`);
}

/**
 * Makes a new network's bridge at once, so that another engine on this machine does not choose the same subnet. Another
 * engine's bridge may have appeared between the check and ours, so the check is repeated after ours exists.
 */
function claim(parts: NetworkParts, record: NetworkRecord): void {
  try {
    ensureNetwork(parts, record);
    parts.table.checkSubnet(record);
  } catch (error) {
    takeBack(parts, record);
    throw error;
  }
}

const plan = (parts: NetworkParts, spec: NetworkSpec, existing: readonly NetworkRecord[]) =>
  createRecord(spec, {
    instance: parts.instance,
    existing,
    hostRoutes: occupied(parts),
    linkNames: new Set(listLinks(parts.route).map((link) => link.name)),
    created: parts.options.timestamp(),
  });

/** What new subnets must avoid: routes, addresses and resolvers of the machine. */
function occupied({ route, machine, resolvers }: NetworkParts): Cidr[] {
  const sources = new Set([route, machine]);
  return [
    ...[...sources].flatMap((from) => [
      ...([4, 6] as const).flatMap((family) => parseRoutes(from.query(dumpRoutes(family), 'list routes'))),
      ...parseAddresses(from.query(dumpAddresses(), 'list addresses')),
    ]),
    ...resolvers.servers().flatMap((server) => parseCidr(`${server}/32`) ?? []),
  ];
}

/** See NetworkService.createNetwork. */
export function createNetwork(
  parts: NetworkParts,
  spec: NetworkSpec,
  existing: readonly NetworkRecord[],
): NetworkRecord {
  for (const sentence of networkWarnings(spec)) parts.warn(sentence);
  // A requested subnet is not replaced by another.
  const chosen = !spec.ipam?.some(({ subnet }) => subnet);
  for (let tries = 1; ; tries++) {
    const record = plan(parts, spec, existing);
    parts.table.know(record);
    // The default network's bridge is made on first use: many never are used.
    if (record.driver !== 'bridge' || record.name === DEFAULT_NETWORK) return record;
    try {
      claim(parts, record);
      return record;
    } catch (error) {
      const taken = error instanceof TcomposeError && error.code === 'NETWORK_POOL_OVERLAP';
      if (!taken || !chosen || tries >= SUBNET_TRIES) throw error;
    }
  }
}

/** See NetworkService.mend. */
export function mendNetworks(parts: NetworkParts): void {
  const { table, running, warn } = parts;
  for (const record of table.up()) {
    if (running.linksOn(record.id).length === 0) continue;
    try {
      ensureNetwork(parts, record);
    } catch (error) {
      warn(`network ${record.name} is broken and could not be repaired: ${(error as Error).message}`);
    }
  }
}

/** See NetworkService.removeNetwork. */
export async function removeNetwork(parts: NetworkParts, network: NetworkRecord): Promise<void> {
  const { table, names, addresses, firewall, guard, route } = parts;
  const known = table.forget(network.id);
  names.removeNetwork(network.id);
  addresses.forget(network.id);
  if (network.driver !== 'bridge') return;
  firewall.removeNetwork(network);
  guard.check();
  const index = known ?? listLinks(route).find((link) => link.name === network.bridge)?.index;
  if (index !== undefined) await deleteLinkQuietly(route, index, `bridge ${network.bridge}`);
}
