import type { NetlinkTransport } from '../../sys/netlink-transport.ts';
import { deleteLinkQuietly, findLink, listLinks } from '../bridge.ts';
import type { EndpointRecord } from '../types.ts';
import { portPrefix, vethName } from './link-names.ts';

const SWEEP_AFTER_MS = 1000;

/** Host links of an instance: names for new ones, and removal of those that outlive their container. */
interface LinkLedger {
  /** A name that no container has. Links of containers that just ended may still exist, so numbers keep increasing. */
  fresh(): string;
  /** Records links of a launch plan that was handed out, until `settle`. */
  plan(containerId: string, links: readonly string[]): void;
  /** The plan was carried out, or given up. True if there was one. */
  settle(containerId: string): boolean;
  /** Records which links had the addresses of a container that ended. */
  ended(endpoints: readonly EndpointRecord[]): void;
  /**
   * Deletes links of ended containers that still have one of these addresses: as long as the old namespace exists, the
   * kernel may answer for the old container, and a new one with its address would be unreachable now and then.
   */
  vacate(endpoints: readonly EndpointRecord[]): Promise<void>;
  /**
   * A container's links disappear with its namespace, which connections that are still closing can keep alive for
   * minutes. Links that are left after a while are deleted on another thread.
   */
  sweepLater(): void;
  close(): void;
}

/** A ledger for the links of one instance, empty at first. */
export function createLinkLedger(options: {
  readonly instance: string;
  readonly route: NetlinkTransport;
  /** Links of running containers. */
  readonly inUse: () => readonly string[];
  readonly warn: (sentence: string) => void;
}): LinkLedger {
  const { instance, route, warn } = options;
  const planned = new Map<string, readonly string[]>();
  // Not from 0: links of an engine that crashed may still exist.
  let number = Math.floor(Math.random() * 36 ** 4);
  let timer: NodeJS.Timeout | undefined;
  const endedLinks = new Map<string, string>();
  const keyOf = ({ networkId, ipv4 }: EndpointRecord) => `${networkId}/${ipv4}`;

  const used = () => new Set([...[...planned.values()].flat(), ...options.inUse()]);

  async function sweep(): Promise<void> {
    endedLinks.clear();
    const keep = used();
    const veths = portPrefix(instance);
    for (const link of listLinks(route)) {
      if (!link.name.startsWith(veths) || keep.has(link.name)) continue;
      await deleteLinkQuietly(route, link.index, `left-over link ${link.name}`);
    }
  }

  return {
    fresh() {
      const taken = used();
      for (;;) {
        const name = vethName(instance, number++);
        if (!taken.has(name)) return name;
      }
    },
    plan: (containerId, links) => void planned.set(containerId, links),
    settle: (containerId) => planned.delete(containerId),
    ended(endpoints) {
      for (const endpoint of endpoints) endedLinks.set(keyOf(endpoint), endpoint.hostLink);
    },
    async vacate(endpoints) {
      for (const endpoint of endpoints) {
        const name = endedLinks.get(keyOf(endpoint));
        if (!name) continue;
        endedLinks.delete(keyOf(endpoint));
        const index = findLink(route, name)?.index;
        if (index !== undefined) await deleteLinkQuietly(route, index, `link ${name} of an ended container`);
      }
    },
    sweepLater() {
      timer ??= setTimeout(() => {
        timer = undefined;
        sweep().catch((error: Error) => warn(`leftover links could not be deleted: ${error.message}`));
      }, SWEEP_AFTER_MS).unref();
    },
    close: () => clearTimeout(timer),
  };
}
