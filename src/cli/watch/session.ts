import type { Project } from '../../compose/model/project.ts';
import type { EngineClient } from '../../engine/client/engine-client.ts';
import { engineProgram } from '../../engine/client/engine-paths.ts';
import { TcomposeError } from '../../errors.ts';
import type { EventSink } from '../../events.ts';
import { type ContainerWatch, watchContainers } from '../../project/execute/container-watch.ts';
import { labels } from '../../project/labels.ts';
import { isEmptyPlan, planBatch, type SyncItem } from '../../watch/batch.ts';
import { type Change, textOfBytes } from '../../watch/change.ts';
import { Debounce, type Weight } from '../../watch/debounce.ts';
import { Ledger } from '../../watch/ledger.ts';
import { topmost, type WatchRecord } from '../../watch/records.ts';
import { anyReaches, type CompiledRule } from '../../watch/rule.ts';
import { carryOut, syncService, type Workshop } from './carry-out.ts';
import { gitIsBusy, gitLocks } from './git-lock.ts';
import { listChanges, listItems } from './list-items.ts';
import { projectRules } from './project-rules.ts';
import { putItems } from './put-items.ts';
import { ServiceContainers } from './service-containers.ts';
import { tellTrouble } from './trouble.ts';
import { shownPath, Watcher } from './watcher.ts';

export interface SessionOptions {
  readonly client: EngineClient;
  readonly project: Project;
  /** Services whose rules count. */
  readonly services: Iterable<string>;
  readonly emit: EventSink;
  readonly now: () => number;
  readonly parallel: number;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly rebuild: Workshop['rebuild'];
}

/** Milliseconds that git may hold a batch up, and between two looks at whether it still does. */
const longestHold = 10_000;
const holdStep = 15;
/** Paths that a line about a batch may name. */
const pathsTold = 10;

/**
 * Watches a project's files and acts on what changes, one batch after the other: what changes while a batch is carried out is in the
 * next one. Open, `begin` when the containers are up, `close`.
 */
export class WatchSession {
  readonly #options: SessionOptions;
  readonly #rules: readonly CompiledRule[];
  readonly #events: ContainerWatch;
  readonly #containers: ServiceContainers;
  readonly #ledger = new Ledger();
  readonly #debounce: Debounce;
  readonly #watcher: Watcher;
  /** Topmost paths that are watched. */
  readonly #roots: readonly string[];
  readonly #end = new AbortController();
  /** Container → what was put into it before its command started. */
  readonly #filled = new Map<string, Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #counts = { watched: 0, polled: 0 };
  #begun = false;
  #paused = false;
  #busy: Promise<void> | undefined;
  #giveUp: (error: Error) => void = () => {};
  /** Rejects when nothing can be watched any more. */
  readonly lost: Promise<never>;

  /** @throws TcomposeError when no service has a rule, or one can't be carried out */
  static async open(options: SessionOptions): Promise<WatchSession> {
    const { rules, warnings } = await projectRules(options.project, options.services);
    for (const message of warnings) options.emit({ type: 'warning', message });
    const events = await watchContainers(options.client, options.project.name);
    const session = new WatchSession(options, rules, events);
    await session.#watcher.ready;
    return session;
  }

  private constructor(options: SessionOptions, rules: readonly CompiledRule[], events: ContainerWatch) {
    this.#options = options;
    this.#rules = rules;
    this.#events = events;
    this.#containers = new ServiceContainers(options.client, options.project.name, events);
    this.#debounce = new Debounce((change) => this.#weigh(change));
    const gone = new Promise<never>((_, reject) => {
      this.#giveUp = reject;
    });
    this.lost = Promise.race([gone, events.lost]);
    this.lost.catch(() => {});
    const paths = topmost(rules.map(({ path }) => path));
    this.#roots = paths.map(textOfBytes);
    events.onEvent(({ Action, Actor }) => {
      const service = Actor.Attributes[labels.service] ?? '';
      if (Action === 'create' && Actor.Attributes[labels.oneoff] !== 'True')
        void this.#fillNew(Actor.ID, service);
      if (Action === 'destroy') this.#filled.delete(Actor.ID);
    });
    this.#watcher = new Watcher({
      binary: engineProgram().shim,
      paths,
      enters: (directory) => anyReaches(this.#rules, directory),
      poll: /^(1|true|yes)$/i.test(options.env.TCOMPOSE_WATCH_POLL ?? ''),
      onRecords: (records) => this.#received(records),
      onRestart: (since) => void this.#changedSince(since),
      onGivenUp: (why) =>
        this.#giveUp(
          new TcomposeError('CLI_WATCH', `the process that watches files ended again and again (${why})`, {
            hint: 'TCOMPOSE_WATCH_POLL=1 looks at the files in intervals instead of asking the kernel.',
          }),
        ),
    });
  }

  get watching(): boolean {
    return !this.#paused;
  }

  /** Services that have a rule. */
  get services(): readonly string[] {
    return [...new Set(this.#rules.map(({ service }) => service))];
  }

  /** Puts what is to be in a container there before its command starts. Given to `execute`. */
  readonly beforeStart = async (container: {
    readonly id: string;
    readonly service: string;
  }): Promise<void> => {
    await this.#fillNew(container.id, container.service);
  };

  /** Fills the containers that are there, and acts on changes from now on; those since `open` are the first. */
  async begin(): Promise<void> {
    for (const service of this.services) {
      const items = await this.#initialItems(service);
      if (items.length === 0) continue;
      this.#ledger.note(service, items);
      const unfilled = (await this.#containers.of(service)).filter(({ id }) => !this.#filled.has(id));
      if (unfilled.length > 0) await syncService(this.#workshop(), service, items);
    }
    const { watched: directories, polled } = this.#counts;
    this.#options.emit({ type: 'watch', phase: 'ready', services: this.services, directories, polled });
    this.#begun = true;
    this.#schedule();
  }

  /** Stops acting, or acts on all that changed meanwhile. */
  pause(paused: boolean): void {
    this.#paused = paused;
    this.#schedule();
  }

  /** Ends watching; what is being carried out is waited for. Idempotent. */
  async close(): Promise<void> {
    this.#end.abort();
    clearTimeout(this.#timer);
    this.#watcher.close();
    this.#containers.close();
    await this.#busy;
    this.#events.close();
  }

  #received(records: readonly WatchRecord[]): void {
    const { emit, now, cwd } = this.#options;
    const at = now();
    for (const record of records) {
      if (record.type === 'change') {
        if (this.#rules.some((rule) => rule.triggers(record.change.path)))
          this.#debounce.add(record.change, at);
      } else if (record.type === 'ready') this.#counts = record;
      else tellTrouble(record, emit, (path) => shownPath(path, cwd));
    }
    this.#schedule();
  }

  #weigh({ path }: Change): Weight {
    let weight: Weight = 'light';
    for (const rule of this.#rules) {
      if (rule.action === 'sync' || !rule.triggers(path)) continue;
      if (rule.action === 'rebuild') return 'build';
      weight = 'heavy';
    }
    return weight;
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    if (!this.#begun || this.#paused || this.#busy !== undefined || this.#end.signal.aborted) return;
    const due = this.#debounce.due();
    if (due === undefined) return;
    this.#timer = setTimeout(() => this.#fire(), Math.max(0, Math.ceil(due - this.#options.now())));
  }

  #fire(): void {
    const now = this.#options.now();
    const due = this.#debounce.due();
    const since = this.#debounce.since;
    if (due === undefined || since === undefined) return;
    if (due > now) {
      this.#schedule();
      return;
    }
    if (now - since < longestHold && gitIsBusy(gitLocks(this.#roots), Date.now())) {
      this.#timer = setTimeout(() => this.#fire(), holdStep);
      return;
    }
    this.#busy = this.#act(this.#debounce.take(now), since).finally(() => {
      this.#busy = undefined;
      this.#schedule();
    });
  }

  async #act(changes: readonly Change[], since: number): Promise<void> {
    const { emit, now, cwd } = this.#options;
    const plan = planBatch(this.#rules, changes);
    if (isEmptyPlan(plan)) return;
    const services = await carryOut(plan, this.#workshop());
    if (services.length === 0 || this.#end.signal.aborted) return;
    const paths = changes.slice(0, pathsTold).map(({ path }) => shownPath(path, cwd));
    const milliseconds = Math.round(now() - since);
    emit({ type: 'watch', phase: 'applied', paths, count: changes.length, services, milliseconds });
  }

  #workshop(): Workshop {
    const { client, project, emit, now, parallel, rebuild } = this.#options;
    return {
      client,
      project,
      containers: this.#containers,
      ledger: this.#ledger,
      emit,
      now,
      parallel,
      signal: this.#end.signal,
      rebuild,
    };
  }

  async #initialItems(service: string): Promise<readonly SyncItem[]> {
    const rules = this.#rules.filter((rule) => rule.service === service && rule.initialSync);
    return (await Promise.all(rules.map(listItems))).flat();
  }

  /** Once a container: all that was put into the service's others, and what is put there at the beginning. */
  #fillNew(id: string, service: string): Promise<void> {
    const known = this.#filled.get(id);
    if (known !== undefined || !this.services.includes(service)) return known ?? Promise.resolve();
    const { client, emit } = this.#options;
    const filling = (async () => {
      const items = [...(await this.#initialItems(service)), ...this.#ledger.of(service)];
      if (items.length === 0) return;
      const { problems } = await putItems(client, { id, state: 'created' }, items);
      for (const { path, message } of problems)
        emit({ type: 'watch', phase: 'failed', service, action: 'sync', message: `${path}: ${message}` });
    })().catch((error: unknown) => {
      if (this.#end.signal.aborted) return;
      const message = `a new container did not get the synced files: ${(error as Error).message}`;
      emit({ type: 'watch', phase: 'failed', service, action: 'sync', message });
    });
    this.#filled.set(id, filling);
    return filling;
  }

  /** What changed while nobody watched is found by looking at the files. */
  async #changedSince(since: number): Promise<void> {
    const known = this.services.flatMap((service) => this.#ledger.of(service));
    const changes = await listChanges(this.#rules, known, since);
    this.#received(changes.map((change) => ({ type: 'change', change })));
  }
}
