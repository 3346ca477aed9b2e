import type { EngineClient } from '../../../engine/client/engine-client.ts';
import type { EventSink } from '../../../events.ts';
import type { SyncItem } from '../../../watch/batch.ts';
import { textOfBytes } from '../../../watch/change.ts';
import { putSurely } from '../put/put-surely.ts';
import type { ServiceContainers } from '../service-containers.ts';

interface FillingOptions {
  readonly client: EngineClient;
  readonly containers: ServiceContainers;
  readonly emit: EventSink;
  readonly signal: AbortSignal;
  /** Whether a service has rules. */
  readonly watches: (service: string) => boolean;
  /** Everything that a new container of a service has to get. */
  readonly whole: (service: string) => Promise<readonly SyncItem[]>;
  /** What not all of its containers have yet. */
  readonly missing: (service: string) => readonly SyncItem[];
  /** A container of a service has its initial files. */
  readonly filled: (service: string, id: string) => Promise<void>;
}

/** A container of a service. */
interface One {
  readonly id: string;
  readonly service: string;
}

/** Puts files into containers before their commands start. */
export class Filling {
  readonly #options: FillingOptions;
  /** Container → the work of filling it before its command started. */
  readonly #done = new Map<string, Promise<void>>();
  /** Containers that could not be filled. */
  readonly #unfilled = new Set<string>();

  constructor(options: FillingOptions) {
    this.#options = options;
  }

  /** Whether a container has, or is getting, its initial files. */
  has(id: string): boolean {
    return this.#done.has(id);
  }

  /** It got them in another way. */
  note(id: string): void {
    this.#done.set(id, Promise.resolve());
  }

  forget(id: string): void {
    this.#done.delete(id);
    this.#unfilled.delete(id);
  }

  /** Once for each container: everything that was put into the service's others, and the initial files. */
  fill({ id, service }: One): Promise<void> {
    const known = this.#done.get(id);
    if (known !== undefined || !this.#options.watches(service)) return known ?? Promise.resolve();
    const filling = this.#fill({ id, service }).catch((error: unknown) => {
      // Its next start tries again.
      this.#done.delete(id);
      this.#unfilled.add(id);
      if (!this.#options.signal.aborted)
        this.#failed(service, `a new container did not get the synced files: ${(error as Error).message}`);
    });
    this.#done.set(id, filling);
    return filling;
  }

  /** A container has started. What it did not get before, because that failed, it gets now. */
  started(one: One): void {
    if (this.#unfilled.delete(one.id)) void this.fill(one);
  }

  /** A container is about to be started: it gets what it does not have yet. */
  async prepare(one: One): Promise<void> {
    await this.fill(one);
    const items = this.#options.missing(one.service);
    if (items.length > 0) await putSurely(this.#options, { id: one.id, state: 'created' }, items);
  }

  async #fill({ id, service }: One): Promise<void> {
    const { whole, filled } = this.#options;
    const items = await whole(service);
    if (items.length > 0) {
      const put = await putSurely(this.#options, { id, state: 'created' }, items);
      for (const { path, message } of put?.problems ?? [])
        this.#failed(service, path === '' ? message : `${textOfBytes(path)}: ${message}`);
    }
    await filled(service, id);
  }

  #failed(service: string, message: string): void {
    this.#options.emit({ type: 'watch', phase: 'failed', service, action: 'sync', message });
  }
}
