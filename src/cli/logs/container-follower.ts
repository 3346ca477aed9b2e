import type { EventMessage } from '../../engine/api/events.ts';
import { tolerate } from '../../engine/client/api-failure.ts';
import type { EngineClient } from '../../engine/client/engine-client.ts';
import type { EventSink } from '../../events.ts';
import { type ContainerWatch, watchContainers } from '../../project/execute/container-watch.ts';
import { labels } from '../../project/labels.ts';
import { observeContainers } from '../../project/observe.ts';
import { isUp } from '../../project/observed.ts';
import { LogFollower } from './follower.ts';

/** Longest wait without output for the log of a container that has ended, in milliseconds. */
const DRAIN_MS = 3000;

/** What is known about a container that comes and goes. */
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
  /** Whether it also counts for deciding that everything is over: with `up`, containers that are not shown do. */
  readonly counts: (container: { readonly service: string; readonly number: number }) => boolean;
  readonly tty: (service: string) => boolean;
  readonly emit: EventSink;
  readonly drained: () => Promise<void>;
  /** Unix seconds from which to show output of containers that existed before; undefined: all. */
  readonly since?: string;
}

/** An end that is not followed by a restart. */
export interface Ending {
  readonly service: string;
  readonly container: string;
  readonly exitCode: number;
}

/**
 * Follows the containers of a project: shows their output and how they end, continues across restarts and replacements,
 * and knows when none is left that could print more.
 */
export class ContainerFollower {
  readonly watch: ContainerWatch;
  readonly #options: FollowOptions;
  readonly #logs: LogFollower;
  /** Containers that have not ended, id → service. */
  readonly #alive = new Map<string, string>();
  /** Containers whose end was reported, and that have not started since. */
  readonly #ended = new Set<string>();
  /** Containers that existed before, whose earlier output is not shown again. */
  readonly #old = new Set<string>();
  readonly #outOfMemory = new Set<string>();
  /** Containers to which the engine has sent a signal since they started. */
  readonly #asked = new Set<string>();
  readonly #endings: Ending[] = [];
  #onEnding: (ending: Ending) => void = () => {};
  #onAllOver: () => void = () => {};
  #onOver: () => void = () => {};
  #armed = false;
  readonly #pending = new Set<Promise<void>>();

  /** Subscribes; no later event is missed. */
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

  /** Counts a container until it has ended for good. */
  track({ id, service }: FollowedContainer): void {
    this.#alive.set(id, service);
  }

  /**
   * Counts those of these containers that are up. The engine is asked again: what was known before the subscription may be
   * out of date, and an end that came before it is never reported.
   * @throws the engine's failure to list them
   */
  async trackPresent(containers: readonly FollowedContainer[]): Promise<void> {
    if (containers.length === 0) return;
    const { client, project } = this.#options;
    const up = new Set((await observeContainers(client, project)).filter(isUp).map(({ id }) => id));
    // An end that is reported while the answer is on its way is the newer of the two.
    for (const container of containers)
      if (up.has(container.id) && !this.#ended.has(container.id)) this.track(container);
  }

  /**
   * Shows the output of a container from `since` on; undefined means from its beginning. `tail`: only the last lines of
   * what exists already.
   */
  show(container: FollowedContainer, since: string | undefined, tail?: number): void {
    this.#logs.follow(this.#source(container), since, tail);
  }

  #source(container: FollowedContainer) {
    return { ...container, tty: this.#options.tty(container.service) };
  }

  /** Resolves when `decide` accepts a container's end, or when all have ended. Earlier endings count, too. */
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
        // It will replace another container, which ends in between.
        if (attributes[labels.replace] !== undefined) this.track(container);
        return;
      case 'kill':
        this.#asked.add(id);
        return;
      case 'start':
        this.#asked.delete(id);
        this.#ended.delete(id);
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
        // In the pause before a restart no process is left that could die.
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

  /** Whether a container that ended will run again. Our engine's event says so; with other engines the state must show it. */
  async #comesBack(id: string, said: string | undefined): Promise<boolean> {
    if (said !== undefined) return said === 'true';
    const found = await tolerate(this.#options.client.containers.inspect(id), 404);
    return found?.State.Restarting === true || found?.State.Running === true;
  }

  #over(id: string): void {
    this.#alive.delete(id);
    this.#ended.add(id);
    this.#onOver();
    if (this.#armed && this.#alive.size === 0) this.#onAllOver();
  }

  /**
   * Waits until the ends of all containers of these services have been reported, after all their output, however slowly
   * that is read: a stop is answered before its event arrives. Also ends when nothing has happened for `idleMs`
   * milliseconds and no reader is slow, or at once when `impatient` aborts.
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

  /** Lets the last output appear, for at most `limitMs`, then ends the subscriptions. `patient`: see LogFollower. */
  async close(limitMs = 500, patient = false): Promise<void> {
    await Promise.race([
      Promise.all(this.#pending),
      new Promise((resolve) => setTimeout(resolve, DRAIN_MS).unref()),
    ]);
    await this.#logs.close(limitMs, patient);
    this.watch.close();
  }
}
