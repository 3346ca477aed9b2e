import type { EventMessage } from '../../engine/api/events.ts';
import { tolerate } from '../../engine/client/api-failure.ts';
import type { EngineClient } from '../../engine/client/engine-client.ts';
import type { EventSink } from '../../events.ts';
import { type ContainerWatch, watchContainers } from '../../project/execute/container-watch.ts';
import { labels } from '../../project/labels.ts';
import { LogFollower } from '../logs/follower.ts';

/** Longest wait for the rest of a log after its container has ended, milliseconds. */
const DRAIN_MS = 3000;

interface AttachedOptions {
  readonly client: EngineClient;
  readonly project: string;
  /** Whether a service's output is shown. */
  readonly shows: (service: string) => boolean;
  readonly tty: (service: string) => boolean;
  readonly emit: EventSink;
  /** Unix seconds from which output of containers that already run is shown. */
  readonly since: string;
}

interface Ending {
  readonly service: string;
  readonly container: string;
  readonly exitCode: number;
}

/** The attached half of `up`: shows what containers print and knows which of them still live. */
export class AttachedSession {
  readonly watch: ContainerWatch;
  readonly #options: AttachedOptions;
  readonly #logs: LogFollower;
  /** Containers of this run that are not over, id → service. */
  readonly #alive = new Map<string, string>();
  readonly #endings: Ending[] = [];
  #onEnding: (ending: Ending) => void = () => {};
  #onAllOver: () => void = () => {};
  #onOver: () => void = () => {};
  #armed = false;
  readonly #pending = new Set<Promise<void>>();

  static async open(options: AttachedOptions): Promise<AttachedSession> {
    return new AttachedSession(options, await watchContainers(options.client, options.project));
  }

  private constructor(options: AttachedOptions, watch: ContainerWatch) {
    this.#options = options;
    this.watch = watch;
    this.#logs = new LogFollower(options.client, options.emit, (error) =>
      options.emit({ type: 'warning', message: `output is lost: ${(error as Error).message}` }),
    );
    watch.onEvent((event) => {
      const work = this.#onEvent(event).catch(() => undefined);
      this.#pending.add(work);
      void work.finally(() => this.#pending.delete(work));
    });
  }

  /** A container of this run: it counts until it has ended for good. */
  track(container: { readonly id: string; readonly name: string; readonly service: string }): void {
    this.#alive.set(container.id, container.service);
  }

  /** Shows the output of a container: from its beginning, or, if it ran before, from now on. */
  show(
    container: { readonly id: string; readonly name: string; readonly service: string },
    isNew: boolean,
  ): void {
    const { shows, tty, since } = this.#options;
    if (!shows(container.service)) return;
    this.#logs.follow({ ...container, tty: tty(container.service) }, isNew ? undefined : since);
  }

  /** Resolves when `decide` says so of a container's end, or when all have ended. Endings so far count too. */
  over(decide: (ending: Ending) => boolean): Promise<Ending | undefined> {
    return new Promise((resolve) => {
      const first = this.#endings.find(decide);
      if (first !== undefined) return resolve(first);
      this.#onEnding = (ending) => {
        if (decide(ending)) resolve(ending);
      };
      this.#onAllOver = () => resolve(undefined);
      this.#armed = true;
      if (this.#alive.size === 0) resolve(undefined);
    });
  }

  endingOf(service: string): Ending | undefined {
    return this.#endings.findLast((ending) => ending.service === service);
  }

  async #onEvent(event: EventMessage): Promise<void> {
    const { ID: id, Attributes: attributes } = event.Actor;
    const service = attributes[labels.service] ?? '';
    const name = attributes.name ?? id.slice(0, 12);
    if (attributes[labels.oneoff] === 'True') return;
    if (event.Action === 'start') {
      this.#alive.set(id, service);
      this.show({ id, name, service }, !this.#seenBefore.has(id));
      this.#seenBefore.add(id);
    } else if (event.Action === 'die') {
      const found = await tolerate(this.#options.client.containers.inspect(id), 404);
      await this.#logs.drained(id, DRAIN_MS);
      const exitCode = Number(attributes.exitCode ?? found?.State.ExitCode ?? 0);
      const ending = { service, container: name, exitCode };
      if (this.#options.shows(service)) this.#options.emit({ type: 'container-exit', ...ending });
      // A restart policy brings it back: it is not over.
      if (found?.State.Restarting === true || found?.State.Running === true) return;
      this.#endings.push(ending);
      this.#onEnding(ending);
      this.#over(id);
    } else if (event.Action === 'destroy') this.#over(id);
  }

  #over(id: string): void {
    this.#alive.delete(id);
    this.#onOver();
    if (this.#armed && this.#alive.size === 0) this.#onAllOver();
  }

  /**
   * Waits until the ends of all containers of these services have been told, as far as they ended at all: a stop is
   * answered before its event comes. At most `limitMs` milliseconds.
   */
  async told(services: ReadonlySet<string>, limitMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      timer = setTimeout(resolve, limitMs);
      this.#onOver = () => {
        if (![...this.#alive.values()].some((service) => services.has(service))) resolve();
      };
      this.#onOver();
    });
    clearTimeout(timer);
  }

  /** Containers that existed before, whose old output is not shown again. */
  readonly #seenBefore = new Set<string>();

  /** Marks a container as one that existed before this run. */
  old(id: string): void {
    this.#seenBefore.add(id);
  }

  /** Lets what was printed last come out, then ends the subscriptions. */
  async close(): Promise<void> {
    await Promise.race([
      Promise.all(this.#pending),
      new Promise((resolve) => setTimeout(resolve, DRAIN_MS).unref()),
    ]);
    await this.#logs.close(500);
    this.watch.close();
  }
}
