import type { SyncItem } from './batch.ts';

/**
 * What has been put into the containers of each service since watching began: a container that is recreated gets it
 * again before its command starts. A source's state at that time counts, not the state when it was recorded.
 */
export class Ledger {
  readonly #items = new Map<string, Map<string, SyncItem>>();

  /**
   * @returns the items, marking those that put a directory where a link was put before: a link of the image there
   * stands for its directory and stays, but one of ours is removed
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
