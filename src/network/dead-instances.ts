import { existsSync } from 'node:fs';
import { acquireLock } from '../sys/flock.ts';
import type { NetlinkTransport } from '../sys/netlink-transport.ts';
import { linkPrefix } from './attach/link-names.ts';
import { deleteLinkQuietly, listLinks } from './bridge.ts';
import type { Link } from './netlink/links.ts';
import { createForeignAccepts } from './nftables/foreign.ts';
import { batch, deleteTable, dumpTables, parseTables, type TableInfo } from './nftables/messages.ts';

const COMMENT = 'engine lock ';

/** Comment in an instance's table: by its lock another engine can tell whether the engine lives. */
export const ownerComment = (lockPath: string): string | undefined =>
  Buffer.byteLength(COMMENT + lockPath) > 250 ? undefined : COMMENT + lockPath;

/**
 * Tables of instances whose engine has ended and that have nothing attached: no veth of theirs exists, and no engine
 * holds the lock that their table names. A table without that comment never counts. Pure.
 */
export function deadTables(
  tables: readonly TableInfo[],
  links: readonly Link[],
  own: string,
  isHeld: (lockPath: string) => boolean,
): { readonly table: TableInfo; readonly instance: string; readonly bridges: readonly Link[] }[] {
  return tables.flatMap((table) => {
    const instance = /^tcompose_([0-9a-f]{8})$/.exec(table.table)?.[1];
    if (instance === undefined || instance === own || !table.comment.startsWith(COMMENT)) return [];
    const theirs = links.filter(({ name }) => name.startsWith(linkPrefix(instance)));
    if (theirs.some(({ kind }) => kind !== 'bridge') || isHeld(table.comment.slice(COMMENT.length)))
      return [];
    return [{ table, instance, bridges: theirs }];
  });
}

/**
 * Removes what killed engines have left on the machine: their firewall tables, which drop packets to subnets that may
 * be ours by now, their accepts in other firewalls, and their bridges, which keep subnets occupied. If an engine starts
 * again for such a root, it makes its own again.
 */
export async function sweepDeadInstances(options: {
  readonly instance: string;
  readonly route: NetlinkTransport;
  readonly netfilter: NetlinkTransport;
  readonly warn: (sentence: string) => void;
}): Promise<void> {
  const { netfilter, route, warn } = options;
  const tables = parseTables(netfilter.query(dumpTables(), 'list tables'));
  for (const { table, instance, bridges } of deadTables(tables, listLinks(route), options.instance, isHeld)) {
    try {
      netfilter.transact(batch([deleteTable(table)]), `delete table ${table.table}`);
      createForeignAccepts(netfilter, table.table).remove();
      for (const { index, name } of bridges) await deleteLinkQuietly(route, index, `bridge ${name}`);
      warn(`instance ${instance} has no engine and no containers any more: its firewall table was removed`);
    } catch (error) {
      warn(`what is left of instance ${instance} could not be removed: ${(error as Error).message}`);
    }
  }
}

/** Whether an engine holds the lock. If that is unknown, it counts as held. */
function isHeld(lockPath: string): boolean {
  if (!existsSync(lockPath)) return false;
  try {
    const lock = acquireLock(lockPath);
    lock?.release();
    return lock === null;
  } catch {
    return true;
  }
}
