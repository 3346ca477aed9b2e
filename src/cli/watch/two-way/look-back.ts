import type { EventSink } from '../../../events.ts';
import type { SyncItem } from '../../../watch/batch.ts';
import type { CompiledRule } from '../../../watch/rule.ts';
import type { ServiceContainers } from '../service-containers.ts';
import type { TwoWay } from './two-way.ts';

/** Least milliseconds between two checks, and this many times the duration of a check. */
const lookEvery = 1000;
const restBetween = 20;

interface LookBackOptions {
  readonly twoWay: TwoWay;
  readonly rules: () => readonly CompiledRule[];
  readonly containers: ServiceContainers;
  /** Puts what came back from one container of a service into all of them. */
  readonly put: (service: string, items: readonly SyncItem[]) => Promise<unknown>;
  readonly emit: EventSink;
  readonly now: () => number;
  /** Whether nothing is in progress, so that `run` may be called. */
  readonly rests: () => boolean;
  /** Carries out work while nothing else is in progress. */
  readonly run: (work: Promise<void>) => void;
}

/** Checks containers regularly for changes that rules in both directions bring back. */
export class LookBack {
  readonly #options: LookBackOptions;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: LookBackOptions) {
    this.#options = options;
  }

  /** Records a new container's initial state. */
  async begin(service: string, id: string): Promise<void> {
    for (const rule of this.#of(service)) await this.#options.twoWay.begin(rule, { id });
  }

  /** Checks all containers; errors are reported. */
  async look(): Promise<void> {
    const { twoWay, rules, containers, put, emit } = this.#options;
    const services = new Set(rules().flatMap(({ both, service }) => (both ? [service] : [])));
    try {
      for (const service of services)
        for (const container of await containers.of(service))
          for (const rule of this.#of(service)) {
            const items = await twoWay.look(rule, container);
            if (items.length > 0) await put(service, items);
          }
    } catch (error) {
      if (!this.#closed)
        emit({ type: 'warning', message: `containers could not be inspected: ${(error as Error).message}` });
    }
  }

  /**
   * Checks from now on, the less often the longer a check takes; not at all if no rule works in both directions. To be
   * called again when the rules change.
   */
  start(took = 0): void {
    clearTimeout(this.#timer);
    const { rules, rests, run, now } = this.#options;
    if (this.#closed || !rules().some(({ both }) => both)) return;
    this.#timer = setTimeout(
      () => {
        if (!rests()) return this.start(took);
        const begun = now();
        run(this.look().finally(() => this.start(now() - begun)));
      },
      Math.max(lookEvery, took * restBetween),
    );
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #of(service: string): readonly CompiledRule[] {
    return this.#options.rules().filter((rule) => rule.both && rule.service === service);
  }
}
