import { linkPrefix } from '../attach/link-names.ts';
import { closePort, deleteLinkQuietly, listLinks } from '../bridge.ts';
import { sweepDeadInstances } from '../dead-instances.ts';
import { explained } from '../explain.ts';
import type { NetworkService } from '../service-types.ts';
import type { NetworkParts } from './parts.ts';

/** See NetworkService.adopt. */
export async function adoptNetworks(
  parts: NetworkParts,
  ...[records, endpoints, adopted]: Parameters<NetworkService['adopt']>
): Promise<void> {
  const { instance, route, netfilter, warn, table, addresses, names, running, restore, guard } = parts;
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
}
