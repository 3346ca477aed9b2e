import type { SyncItem } from './batch.ts';

/**
 * What has been put into the containers of each service since watching began: a container that is made anew gets it again before
 * its command starts. The state of a source at that time counts, not that of the time it was noted.
 */
export class Ledger {
  readonly #items = new Map<string, Map<string, SyncItem>>();

  note(service: string, items: readonly SyncItem[]): void {
    const known = this.#items.get(service) ?? new Map<string, SyncItem>();
    for (const item of items) known.set(item.target, item);
    this.#items.set(service, known);
  }

  /** A build takes the sources as they are. */
  forget(service: string): void {
    this.#items.delete(service);
  }

  of(service: string): readonly SyncItem[] {
    return [...(this.#items.get(service)?.values() ?? [])];
  }
}
