import { posix } from 'node:path';
import type { Project } from '../../compose/model/project.ts';
import type { EngineClient } from '../../engine/client/engine-client.ts';
import { engineProgram } from '../../engine/client/engine-paths.ts';
import { TcomposeError } from '../../errors.ts';
import type { EventSink } from '../../events.ts';
import { type ContainerWatch, watchContainers } from '../../project/execute/container-watch.ts';
import { labels } from '../../project/labels.ts';
import { isEmptyPlan, planBatch, type SyncItem } from '../../watch/batch.ts';
import { bytesOfText, type Change, isAtOrBelow, textOfBytes } from '../../watch/change.ts';
import { Debounce, type Weight } from '../../watch/debounce.ts';
import { Ledger } from '../../watch/ledger.ts';
import { topmost, type WatchRecord } from '../../watch/records.ts';
import { anyReaches, type CompiledRule } from '../../watch/rule.ts';
import { isOwnEngine } from '../is-own-engine.ts';
import { carryOut, syncService, type Workshop } from './carry-out.ts';
import type { LoadedConfiguration } from './configuration.ts';
import { gitIsBusy, gitLocks } from './git-lock.ts';
import { type HeldStarts, holdStarts } from './hold-starts.ts';
import { listChanges, listItems } from './list-items.ts';
import { type ProjectRules, projectRules } from './project-rules.ts';
import { putItems } from './put-items.ts';
import { type Configuration, followEdit } from './reconfigure.ts';
import { Reloads } from './reload/reloads.ts';
import { reloadPorts } from './reload/settings.ts';
import { Restraint } from './restraint.ts';
import { ServiceContainers } from './service-containers.ts';
import { tellTrouble } from './trouble.ts';
import { LookBack } from './two-way/look-back.ts';
import { TwoWay } from './two-way/two-way.ts';
import { shownPath, Watcher } from './watcher.ts';

export interface SessionOptions {
  readonly client: EngineClient;
  readonly project: Project;
  /** Services whose rules count. */
  readonly services: (project: Project) => Iterable<string>;
  readonly emit: EventSink;
  readonly now: () => number;
  readonly parallel: number;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Called when watching has ended: another process may watch the project. */
  readonly release: () => void;
  /** Builds services of a project and makes their containers anew. */
  readonly rebuild: (
    services: ReadonlySet<string>,
    project: Project,
    beforeStart: WatchSession['beforeStart'],
  ) => Promise<void>;
  /** Follows edits of what describes the project, when it is given. */
  readonly configuration?: Configuration;
}

/** Milliseconds that git may hold a batch up, and between two looks at whether it still does. */
const longestHold = 10_000;
const holdStep = 15;
/** Milliseconds without another edit of the configuration until it is read again. */
const quietEdit = 100;
/** Paths that a line about a batch may name. */
const pathsTold = 10;

/**
 * Watches a project's files and acts on what changes, one batch after the other: what changes while a batch is carried out is in the
 * next one. Open, `begin` when the containers are up, `close`.
 */
export class WatchSession {
  readonly #options: SessionOptions;
  #rules: readonly CompiledRule[];
  #project: Project;
  readonly #events: ContainerWatch;
  readonly #containers: ServiceContainers;
  readonly #ledger = new Ledger();
  readonly #debounce: Debounce;
  readonly #watcher: Watcher;
  readonly #restraint: Restraint;
  readonly #held: HeldStarts | undefined;
  readonly #twoWay: TwoWay;
  readonly #lookBack: LookBack;
  readonly #reloads: Reloads;
  /** Files that describe the project, bytes in latin1. */
  #described: ReadonlySet<string>;
  readonly #edited = new Set<string>();
  #editedAt = 0;
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
    const rules = await projectRules(options.project, options.services(options.project));
    for (const message of rules.warnings) options.emit({ type: 'warning', message });
    const events = await watchContainers(options.client, options.project.name);
    const session = new WatchSession(options, rules, events);
    await Promise.all([session.#watcher.ready, session.#held?.ready]);
    return session;
  }

  private constructor(options: SessionOptions, { rules, ignoreFiles }: ProjectRules, events: ContainerWatch) {
    this.#options = options;
    this.#rules = rules;
    this.#project = options.project;
    this.#described = describedBy(options.configuration?.files, ignoreFiles);
    this.#events = events;
    this.#containers = new ServiceContainers(options.client, options.project.name, events);
    this.#restraint = new Restraint({
      emit: options.emit,
      shown: (path) => shownPath(path, options.cwd),
    });
    this.#twoWay = new TwoWay({
      client: options.client,
      emit: options.emit,
      shown: (path) => shownPath(path, options.cwd),
    });
    this.#reloads = new Reloads(options.emit);
    this.#lookBack = new LookBack({
      twoWay: this.#twoWay,
      rules: () => this.#rules,
      containers: this.#containers,
      put: (service, items) => this.#putBack(service, items),
      emit: options.emit,
      now: options.now,
      rests: () => this.#busy === undefined && !this.#paused,
      run: (work) => this.#run(work),
    });
    this.#debounce = new Debounce((change) => this.#weigh(change));
    const gone = new Promise<never>((_, reject) => {
      this.#giveUp = reject;
    });
    this.lost = Promise.race([gone, events.lost]);
    this.lost.catch(() => {});
    events.onEvent(({ Action, Actor }) => {
      const service = Actor.Attributes[labels.service] ?? '';
      if (Action === 'create' && Actor.Attributes[labels.oneoff] !== 'True')
        void this.#fillNew(Actor.ID, service);
      if (Action === 'destroy') {
        this.#filled.delete(Actor.ID);
        this.#twoWay.forget(Actor.ID);
      }
    });
    if (isOwnEngine(options.client))
      this.#held = holdStarts(options.client, options.project.name, (container) => this.#prepare(container));
    this.#watcher = new Watcher({
      binary: engineProgram().shim,
      paths: this.#paths(),
      enters: (directory) => this.#enters(directory),
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
      for (const { id } of unfilled) this.#filled.set(id, Promise.resolve());
    }
    const { watched: directories, polled } = this.#counts;
    this.#options.emit({ type: 'watch', phase: 'ready', services: this.services, directories, polled });
    await this.#lookBack.look();
    await this.#reloads.serve(reloadPorts(this.#project, this.services));
    this.#begun = true;
    this.#schedule();
    this.#lookBack.start();
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
    this.#lookBack.close();
    this.#reloads.close();
    this.#watcher.close();
    this.#containers.close();
    this.#held?.close();
    await this.#busy;
    this.#events.close();
    this.#options.release();
  }

  #received(records: readonly WatchRecord[]): void {
    const { emit, now, cwd } = this.#options;
    const at = now();
    for (const record of records) {
      if (record.type === 'change') {
        const { path } = record.change;
        if (this.#rules.some((rule) => rule.triggers(path))) this.#debounce.add(record.change, at);
        if (this.#described.has(path)) {
          this.#edited.add(path);
          this.#editedAt = at;
        }
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
    const due = Math.min(this.#debounce.due() ?? Number.POSITIVE_INFINITY, this.#editDue());
    if (due === Number.POSITIVE_INFINITY) return;
    if (due <= this.#options.now()) {
      this.#fire();
      return;
    }
    this.#timer = setTimeout(() => this.#fire(), Math.max(0, Math.ceil(due - this.#options.now())));
  }

  #fire(): void {
    const now = this.#options.now();
    if (this.#editDue() <= now) {
      this.#run(this.#follow());
      return;
    }
    const due = this.#debounce.due();
    const since = this.#debounce.since;
    // A timer may go off a little early.
    if (due === undefined || since === undefined || due > now) {
      this.#schedule();
      return;
    }
    if (now - since < longestHold && gitIsBusy(gitLocks(this.#paths().map(textOfBytes)), Date.now())) {
      this.#timer = setTimeout(() => this.#fire(), holdStep);
      return;
    }
    this.#run(this.#act(this.#debounce.take(now), since));
  }

  #run(work: Promise<void>): void {
    this.#busy = work
      .catch((error: unknown) => this.#giveUp(error as Error))
      .finally(() => {
        this.#busy = undefined;
        this.#schedule();
      });
  }

  #editDue(): number {
    return this.#edited.size === 0 ? Number.POSITIVE_INFINITY : this.#editedAt + quietEdit;
  }

  /** What describes the project was edited. */
  async #follow(): Promise<void> {
    const { configuration, emit, cwd } = this.#options;
    const paths = [...this.#edited].map((path) => shownPath(path, cwd));
    this.#edited.clear();
    if (configuration === undefined) return;
    await followEdit(configuration, {
      paths,
      emit,
      adopt: (loaded) => this.#adopt(loaded),
      beforeStart: this.beforeStart,
    });
  }

  /** Goes by another project's rules from now on. @throws TcomposeError when they can't be carried out */
  async #adopt({ project, files }: LoadedConfiguration): Promise<void> {
    const { rules, ignoreFiles, warnings } = await projectRules(project, this.#options.services(project));
    for (const message of warnings) this.#options.emit({ type: 'warning', message });
    [this.#project, this.#rules] = [project, rules];
    this.#described = describedBy(files, ignoreFiles);
    this.#watcher.change(this.#paths());
    await this.#reloads.serve(reloadPorts(project, this.services));
  }

  /** What the watcher is to watch. */
  #paths(): readonly string[] {
    return topmost([...this.#rules.map(({ path }) => path), ...this.#described]);
  }

  #enters(directory: string): boolean {
    return (
      anyReaches(this.#rules, directory) || [...this.#described].some((path) => isAtOrBelow(path, directory))
    );
  }

  async #act(changes: readonly Change[], since: number): Promise<void> {
    const { emit, now, cwd } = this.#options;
    // What a container changed meanwhile is not overwritten.
    await this.#lookBack.look();
    const plan = planBatch(this.#rules, changes, this.#restraint.judge(this.#rules, changes, since));
    if (isEmptyPlan(plan)) return;
    let failed = false;
    const noting: EventSink = (event) => {
      failed ||= event.type === 'watch' && event.phase === 'failed';
      emit(event);
    };
    const services = await carryOut(plan, { ...this.#workshop(), emit: noting });
    this.#restraint.ended(failed, now());
    if (services.length === 0 || this.#end.signal.aborted) return;
    const others = services.filter(({ did }) => did.some((deed) => deed !== 'unchanged'));
    this.#reloads.tell(others.map(({ service }) => service));
    const paths = changes.slice(0, pathsTold).map(({ path }) => shownPath(path, cwd));
    const milliseconds = Math.round(now() - since);
    emit({ type: 'watch', phase: 'applied', paths, count: changes.length, services, milliseconds });
  }

  #workshop(): Workshop {
    const { client, emit, now, parallel, rebuild } = this.#options;
    return {
      client,
      project: this.#project,
      containers: this.#containers,
      ledger: this.#ledger,
      emit,
      now,
      parallel,
      signal: this.#end.signal,
      rebuild: (services) => rebuild(services, this.#project, this.beforeStart),
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
      const { problems } =
        items.length === 0 ? { problems: [] } : await putItems(client, { id, state: 'created' }, items);
      await this.#lookBack.begin(service, id);
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

  /** What came back from one container: it is no reason to act. */
  async #putBack(service: string, items: readonly SyncItem[]): Promise<void> {
    for (const { source } of items)
      for (let at = source; this.#rules.some(({ path }) => isAtOrBelow(at, path)); at = posix.dirname(at))
        this.#restraint.settle(at);
    this.#ledger.note(service, items);
    await syncService(this.#workshop(), service, items);
  }

  /** A container is about to be started: it gets what it has not yet. */
  async #prepare({ id, service }: { readonly id: string; readonly service: string }): Promise<void> {
    await this.#fillNew(id, service);
    const items = planBatch(this.#rules, this.#debounce.pending).sync.get(service) ?? [];
    if (items.length > 0) await putItems(this.#options.client, { id, state: 'created' }, items);
  }

  /** What changed while nobody watched is found by looking at the files. */
  async #changedSince(since: number): Promise<void> {
    const known = this.services.flatMap((service) => this.#ledger.of(service));
    const changes = await listChanges(this.#rules, known, since);
    this.#received(changes.map((change) => ({ type: 'change', change })));
  }
}

const describedBy = (
  files: readonly string[] | undefined,
  ignoreFiles: readonly string[],
): ReadonlySet<string> => new Set(files === undefined ? [] : [...files, ...ignoreFiles].map(bytesOfText));
