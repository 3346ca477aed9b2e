import type { EventMessage } from '../../engine/api/events.ts';
import { tolerate } from '../../engine/client/api-failure.ts';
import type { EngineClient } from '../../engine/client/engine-client.ts';
import type { EventSink } from '../../events.ts';
import { type ContainerWatch, watchContainers } from '../../project/execute/container-watch.ts';
import { labels } from '../../project/labels.ts';
import { LogFollower } from './follower.ts';

/** Longest wait for a log of a container that has ended while nothing comes of it, milliseconds. */
const DRAIN_MS = 3000;

/** What is known of a container that comes and goes. */
export interface FollowedContainer {
  readonly id: string;
  readonly name: string;
  readonly service: string;
}

interface FollowOptions {
  readonly client: EngineClient;
  readonly project: string;
  /** Whether a container's output is shown. */
  readonly shows: (container: { readonly service: string; readonly number: number }) => boolean;
  /** Whether it also counts for whether all is over: with `up` what is not shown does. */
  readonly counts: (container: { readonly service: string; readonly number: number }) => boolean;
  readonly tty: (service: string) => boolean;
  readonly emit: EventSink;
  readonly drained: () => Promise<void>;
  /** Unix seconds from which output of containers that were there before is shown; undefined: all. */
  readonly since?: string;
}

/** An end that no restart follows. */
export interface Ending {
  readonly service: string;
  readonly container: string;
  readonly exitCode: number;
}

/**
 * Follows the containers of a project: shows what they print and how they end, goes on over restarts and replacements,
 * and knows when none is left that could print more.
 */
export class ContainerFollower {
  readonly watch: ContainerWatch;
  readonly #options: FollowOptions;
  readonly #logs: LogFollower;
  /** Containers that are not over, id → service. */
  readonly #alive = new Map<string, string>();
  /** Containers that existed before, whose old output is not shown again. */
  readonly #old = new Set<string>();
  readonly #outOfMemory = new Set<string>();
  /** Containers that got a signal by the engine since they started. */
  readonly #asked = new Set<string>();
  readonly #endings: Ending[] = [];
  #onEnding: (ending: Ending) => void = () => {};
  #onAllOver: () => void = () => {};
  #onOver: () => void = () => {};
  #armed = false;
  readonly #pending = new Set<Promise<void>>();

  /** Subscribes; what happens after this is not missed. */
  static async open(options: FollowOptions): Promise<ContainerFollower> {
    return new ContainerFollower(options, await watchContainers(options.client, options.project));
  }

  private constructor(options: FollowOptions, watch: ContainerWatch) {
    this.#options = options;
    this.watch = watch;
    this.#logs = new LogFollower({
      client: options.client,
      emit: options.emit,
      drained: options.drained,
      onError: (error) =>
        options.emit({ type: 'warning', message: `output is lost: ${(error as Error).message}` }),
    });
    watch.onEvent((event) => {
      const work = this.#onEvent(event).catch(() => undefined);
      this.#pending.add(work);
      void work.finally(() => this.#pending.delete(work));
    });
  }

  /** Marks a container as one that existed before. */
  old(id: string): void {
    this.#old.add(id);
  }

  /** A container that counts until it has ended for good. */
  track({ id, service }: FollowedContainer): void {
    this.#alive.set(id, service);
  }

  /** Shows the output of a container from `since` on; undefined is its beginning. `tail`: at first only the last lines. */
  show(container: FollowedContainer, since: string | undefined, tail?: number): void {
    this.#logs.follow(this.#source(container), since, tail);
  }

  #source(container: FollowedContainer) {
    return { ...container, tty: this.#options.tty(container.service) };
  }

  /** Resolves when `decide` says so of a container's end, or when all have ended. Endings so far count too. */
  over(decide: (ending: Ending) => boolean = () => false): Promise<Ending | undefined> {
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
    const number = Number(attributes[labels.number] ?? 0);
    const container = { id, name: attributes.name ?? id.slice(0, 12), service };
    if (attributes[labels.oneoff] === 'True' || !this.#options.counts({ service, number })) return;
    const shown = this.#options.shows({ service, number });
    switch (event.Action) {
      case 'create':
        // It will take the place of another, which ends in between.
        if (attributes[labels.replace] !== undefined) this.track(container);
        return;
      case 'kill':
        this.#asked.add(id);
        return;
      case 'start':
        this.#asked.delete(id);
        this.track(container);
        if (shown) this.show(container, this.#old.has(id) ? this.#options.since : undefined);
        this.#old.add(id);
        return;
      case 'oom':
        this.#outOfMemory.add(id);
        return;
      case 'die':
        return this.#onEnd(container, attributes, shown);
      case 'stop':
        // In the pause before a restart there is nothing left to die.
        if (attributes['tcompose.restarting'] === 'false') this.#over(id);
        return;
      case 'destroy':
        this.#over(id);
        return;
      default:
    }
  }

  async #onEnd(
    container: FollowedContainer,
    attributes: Readonly<Record<string, string>>,
    shown: boolean,
  ): Promise<void> {
    const { id, name, service } = container;
    const asked = this.#asked.delete(id);
    const restarting = await this.#comesBack(id, attributes['tcompose.restarting']);
    if (shown && restarting) await this.#logs.caughtUp(this.#source(container), DRAIN_MS);
    else if (shown) await this.#logs.drained(id, DRAIN_MS);
    const oomKilled = this.#outOfMemory.delete(id);
    const ending = { service, container: name, exitCode: Number(attributes.exitCode ?? 0) };
    if (shown)
      this.#options.emit({
        type: 'container-exit',
        ...ending,
        ...(restarting ? { restarting } : {}),
        ...(asked ? { asked } : {}),
        ...(oomKilled ? { oomKilled } : {}),
      });
    if (restarting) return;
    this.#endings.push(ending);
    this.#onEnding(ending);
    this.#over(id);
  }

  /** Whether a container that ended will run again. Our engine says so with the event; of others the state must tell. */
  async #comesBack(id: string, said: string | undefined): Promise<boolean> {
    if (said !== undefined) return said === 'true';
    const found = await tolerate(this.#options.client.containers.inspect(id), 404);
    return found?.State.Restarting === true || found?.State.Running === true;
  }

  #over(id: string): void {
    this.#alive.delete(id);
    this.#onOver();
    if (this.#armed && this.#alive.size === 0) this.#onAllOver();
  }

  /**
   * Waits until the ends of all containers of these services have been told, with all they printed before, however slowly
   * that is read: a stop is answered before its event comes. Ends also when nothing has moved for `idleMs` milliseconds
   * and nobody takes his time with reading, or at once when `impatient` aborts.
   */
  async told(services: ReadonlySet<string>, idleMs: number, impatient: AbortSignal): Promise<void> {
    const ended = new Promise<void>((resolve) => {
      this.#onOver = () => {
        if (![...this.#alive.values()].some((service) => services.has(service))) resolve();
      };
      this.#onOver();
      impatient.addEventListener('abort', () => resolve(), { once: true });
      if (impatient.aborted) resolve();
    });
    await this.#logs.patiently(ended, idleMs);
  }

  /** Lets what was printed last come out, at most `limitMs`, then ends the subscriptions. `patient`: see LogFollower. */
  async close(limitMs = 500, patient = false): Promise<void> {
    await Promise.race([
      Promise.all(this.#pending),
      new Promise((resolve) => setTimeout(resolve, DRAIN_MS).unref()),
    ]);
    await this.#logs.close(limitMs, patient);
    this.watch.close();
  }
}
