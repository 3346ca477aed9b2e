import type { SyncItem } from './batch.ts';

/**
 * What has been put into the containers of each service since watching began: a container that is recreated gets it again before
 * its command starts. The state of a source at that time counts, not that of the time it was noted.
 */
export class Ledger {
  readonly #items = new Map<string, Map<string, SyncItem>>();

  /**
   * @returns the items, those marked that put a directory where a link was put before: a link that the image has there stands for
   * its directory and is left, one of ours goes
   */
  note(service: string, items: readonly SyncItem[]): readonly SyncItem[] {
    const known = this.#items.get(service) ?? new Map<string, SyncItem>();
    const told = items.map((item) => {
      const insteadOfLink = item.kind === 'directory' && known.get(item.target)?.kind === 'link';
      known.set(item.target, item);
      return insteadOfLink ? { ...item, insteadOfLink } : item;
    });
    this.#items.set(service, known);
    return told;
  }

  of(service: string): readonly SyncItem[] {
    return [...(this.#items.get(service)?.values() ?? [])];
  }
}
