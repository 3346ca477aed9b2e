import type { NetlinkTransport } from '../../sys/netlink-transport.ts';
import { deleteLinkQuietly, findLink, listLinks } from '../bridge.ts';
import type { EndpointRecord } from '../types.ts';
import { portPrefix, vethName } from './link-names.ts';

const SWEEP_AFTER_MS = 1000;

/** Host links of an instance: names for new ones, and an end for those that outlive their container. */
interface LinkLedger {
  /** A name no container has. Links of containers that just ended may still be there, so numbers count on. */
  fresh(): string;
  /** Links of a launch plan that was handed out, until `settle`. */
  plan(containerId: string, links: readonly string[]): void;
  /** The plan was carried out, or given up. True if there was one. */
  settle(containerId: string): boolean;
  /** Notes which links carried the addresses of a container that ended. */
  ended(endpoints: readonly EndpointRecord[]): void;
  /**
   * Deletes links of ended containers that still carry one of these addresses: as long as its namespace lingers, the
   * kernel answers for the old container, and a new one with its address would be unreachable now and then.
   */
  vacate(endpoints: readonly EndpointRecord[]): Promise<void>;
  /**
   * A container's links go with its namespace, which connections that are still closing can keep alive for minutes.
   * What is left after a while is deleted on another thread.
   */
  sweepLater(): void;
  close(): void;
}

/** An empty ledger of the links of one instance. */
export function createLinkLedger(options: {
  readonly instance: string;
  readonly route: NetlinkTransport;
  /** Links of running containers. */
  readonly inUse: () => readonly string[];
  readonly warn: (sentence: string) => void;
}): LinkLedger {
  const { instance, route, warn } = options;
  const planned = new Map<string, readonly string[]>();
  // Not from 0: links of an engine that crashed may be there.
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
