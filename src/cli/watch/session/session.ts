import { posix } from 'node:path';
import type { Project } from '../../../compose/model/project.ts';
import type { EventSink } from '../../../events.ts';
import { type ContainerWatch, watchContainers } from '../../../project/execute/container-watch.ts';
import { labels } from '../../../project/labels.ts';
import { isEmptyPlan, planBatch, type SyncItem } from '../../../watch/batch.ts';
import { type Change, isAtOrBelow, textOfBytes } from '../../../watch/change.ts';
import { Ledger } from '../../../watch/ledger.ts';
import { isOwnEngine } from '../../is-own-engine.ts';
import { carryOut, syncService, type Workshop } from '../carry-out.ts';
import type { LoadedConfiguration } from '../configuration.ts';
import { type ProjectRules, projectRules } from '../project-rules.ts';
import { followEdit } from '../reconfigure.ts';
import { Reloads } from '../reload/reloads.ts';
import { reloadPorts } from '../reload/settings.ts';
import { ServiceContainers } from '../service-containers.ts';
import { LookBack } from '../two-way/look-back.ts';
import { TwoWay } from '../two-way/two-way.ts';
import { shownPath } from '../watcher.ts';
import { buildsAfter } from './builds-after.ts';
import { Filling } from './filling.ts';
import { gitIsBusy, gitLocks } from './git-lock.ts';
import { type HeldStarts, holdStarts } from './hold-starts.ts';
import { changesOfMoved } from './moved-rules.ts';
import { Restraint } from './restraint.ts';
import { RuleSet } from './rule-set.ts';
import type { SessionOptions } from './session-options.ts';
import { toldPaths, toldRules } from './tell.ts';
import { Turns } from './turns.ts';
import { WatchedFiles } from './watched-files.ts';

/** Milliseconds for which git may delay a batch, and between two checks whether it still does. */
const longestHold = 10_000;
const holdStep = 15;

/**
 * Watches a project's files and acts on changes, one batch after the other: what changes while a batch is carried out
 * goes into the next one. Call `open`, `begin` when the containers are running, then `close`.
 */
export class WatchSession {
  readonly #options: SessionOptions;
  readonly #rules: RuleSet;
  #project: Project;
  readonly #events: ContainerWatch;
  readonly #containers: ServiceContainers;
  readonly #ledger = new Ledger();
  readonly #files: WatchedFiles;
  readonly #restraint: Restraint;
  readonly #held: HeldStarts | undefined;
  readonly #twoWay: TwoWay;
  readonly #lookBack: LookBack;
  readonly #reloads: Reloads;
  readonly #filling: Filling;
  readonly #end = new AbortController();
  /** The changes being carried out, and the services whose containers have them already. */
  #acting: readonly Change[] = [];
  readonly #synced = new Set<string>();
  readonly #turns: Turns;
  #giveUp: (error: Error) => void = () => {};
  /** Rejects when watching is no longer possible. */
  readonly lost: Promise<never>;

  /** @throws TcomposeError when no service has a rule, or one can't be carried out */
  static async open(options: SessionOptions): Promise<WatchSession> {
    const rules = await projectRules(options.project, options.services(options.project));
    for (const message of rules.warnings) options.emit({ type: 'warning', message });
    const events = await watchContainers(options.client, options.project.name);
    const session = new WatchSession(options, rules, events);
    await Promise.all([session.#files.ready, session.#held?.ready]);
    return session;
  }

  private constructor(options: SessionOptions, rules: ProjectRules, events: ContainerWatch) {
    this.#options = options;
    this.#rules = new RuleSet(rules);
    this.#project = options.project;
    this.#events = events;
    this.#containers = new ServiceContainers(options.client, options.project.name, events);
    this.#restraint = new Restraint({
      emit: options.emit,
      shown: (path) => shownPath(path, options.cwd),
    });
    this.#turns = new Turns({
      now: options.now,
      due: () => this.#files.due(),
      take: (now) => this.#take(now),
      failed: (error) => this.#giveUp(error),
    });
    this.#twoWay = new TwoWay({
      client: options.client,
      emit: options.emit,
      shown: (path) => shownPath(path, options.cwd),
    });
    this.#reloads = new Reloads(options.emit);
    this.#lookBack = new LookBack({
      twoWay: this.#twoWay,
      rules: () => this.#rules.all,
      containers: this.#containers,
      put: (service, items) => this.#putBack(service, items),
      emit: options.emit,
      now: options.now,
      rests: () => this.#turns.rests,
      run: (work) => this.#turns.run(work),
    });
    this.#filling = this.#fillingOf(options);
    this.#files = new WatchedFiles({
      ...options,
      rules: this.#rules,
      described: options.configuration === undefined ? [] : filesOf(options.configuration.files, rules),
      known: () => this.services.flatMap((service) => this.#ledger.of(service)),
      look: () => this.#turns.look(),
      giveUp: (error) => this.#giveUp(error),
    });
    const gone = new Promise<never>((_, reject) => {
      this.#giveUp = reject;
    });
    this.lost = Promise.race([gone, events.lost]);
    this.lost.catch(() => {});
    events.onEvent(({ Action, Actor }) => {
      const one = { id: Actor.ID, service: Actor.Attributes[labels.service] ?? '' };
      if (Action === 'create' && Actor.Attributes[labels.oneoff] !== 'True') void this.#filling.fill(one);
      if (Action === 'start') this.#filling.started(one);
      if (Action === 'destroy') {
        this.#filling.forget(Actor.ID);
        this.#twoWay.forget(Actor.ID);
      }
    });
    if (isOwnEngine(options.client))
      this.#held = holdStarts(options.client, options.project.name, (container) =>
        this.#filling.prepare(container),
      );
  }

  get watching(): boolean {
    return !this.#turns.paused;
  }

  /** Services with a rule. */
  get services(): readonly string[] {
    return this.#rules.services;
  }

  /** Puts files into a container before its command starts. Passed to `execute`. */
  readonly beforeStart = async (container: {
    readonly id: string;
    readonly service: string;
  }): Promise<void> => {
    await this.#filling.fill(container);
  };

  /** Fills existing containers, and acts on changes from now on, beginning with those since `open`. */
  async begin(): Promise<void> {
    for (const service of this.services) {
      const items = await this.#rules.initialItems(service);
      if (items.length === 0) continue;
      this.#ledger.note(service, items);
      const unfilled = (await this.#containers.of(service)).filter(({ id }) => !this.#filling.has(id));
      if (unfilled.length > 0) await syncService(this.#workshop(), service, items);
      for (const { id } of unfilled) this.#filling.note(id);
    }
    await this.#lookBack.look();
    await this.#reloads.serve(reloadPorts(this.#project, this.services));
    const { directories, polled } = this.#files.counts;
    this.#options.emit({
      type: 'watch',
      phase: 'ready',
      services: this.services,
      rules: toldRules(this.#rules.all, this.#options.cwd),
      directories,
      polled,
    });
    this.#turns.begin();
    this.#lookBack.start();
  }

  /** Stops acting, or acts on everything that changed meanwhile. */
  pause(paused: boolean): void {
    this.#turns.pause(paused);
  }

  /** Ends watching; waits for work in progress. Idempotent. */
  async close(): Promise<void> {
    this.#end.abort();
    const ended = this.#turns.end();
    this.#lookBack.close();
    this.#reloads.close();
    this.#files.close();
    this.#containers.close();
    this.#held?.close();
    await ended;
    this.#events.close();
    this.#options.release();
  }

  /** Starts what is due; while git is working, returns in how many milliseconds to check again. */
  #take(now: number): Promise<void> | number {
    const { edits, changes } = this.#files;
    if (edits.due() <= now) return this.#follow();
    const since = changes.since ?? now;
    const gitWorks = () => gitIsBusy(gitLocks(this.#files.paths().map(textOfBytes)), Date.now());
    if (now - since < longestHold && gitWorks()) return holdStep;
    this.#acting = changes.take(now);
    this.#synced.clear();
    return this.#act(this.#acting, since).finally(() => {
      this.#acting = [];
    });
  }

  /** A file that defines the project was edited. */
  async #follow(): Promise<void> {
    const { configuration, emit, cwd } = this.#options;
    const edited = this.#files.edits.take();
    const before = this.#project;
    if (configuration === undefined) return;
    await followEdit(configuration, {
      paths: edited.map((path) => shownPath(path, cwd)),
      emit,
      adopt: (loaded) => this.#adopt(loaded),
      builds: () => buildsAfter(before, this.#project, edited, this.#rules),
      rebuild: (services) => this.#options.rebuild(services, this.#project, this.beforeStart),
      beforeStart: this.beforeStart,
    });
  }

  /** Uses another project's rules from now on. @throws TcomposeError when they can't be carried out */
  async #adopt({ project, files }: LoadedConfiguration): Promise<void> {
    const rules = await projectRules(project, this.#options.services(project));
    for (const message of rules.warnings) this.#options.emit({ type: 'warning', message });
    const before = this.#rules.all;
    this.#project = project;
    this.#rules.replace(rules);
    this.#files.follow(filesOf(files, rules));
    this.#files.add(await changesOfMoved(before, rules.rules));
    this.#lookBack.start();
    await this.#reloads.serve(reloadPorts(project, this.services));
  }

  async #act(changes: readonly Change[], since: number): Promise<void> {
    const { emit, now, cwd } = this.#options;
    // So that changes by a container meanwhile are not overwritten.
    await this.#lookBack.look();
    const plan = planBatch(this.#rules.all, changes, this.#restraint.judge(this.#rules.all, changes, since));
    const shown = [...plan.mounted].filter((service) => this.#reloads.has(service));
    if (isEmptyPlan(plan) && shown.length === 0) return;
    let failed = false;
    const noting: EventSink = (event) => {
      failed ||= event.type === 'watch' && event.phase === 'failed';
      emit(event);
    };
    const told = { ...toldPaths(changes, cwd), rules: toldRules(plan.rules, cwd) };
    emit({ type: 'watch', phase: 'begun', ...told });
    const done = await carryOut(plan, { ...this.#workshop(), emit: noting });
    const services = [...done, ...withoutDeeds(shown, done)];
    this.#restraint.ended(failed, now());
    if (services.length === 0 || this.#end.signal.aborted) return;
    const others = services.filter(({ did }) => did.some((deed) => deed !== 'unchanged'));
    this.#reloads.tell(others.map(({ service }) => service));
    const milliseconds = Math.round(now() - since);
    emit({ type: 'watch', phase: 'applied', ...told, services, milliseconds });
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
      synced: (service) => void this.#synced.add(service),
      rebuild: (services) => rebuild(services, this.#project, this.beforeStart),
    };
  }

  #fillingOf({ client, emit }: SessionOptions): Filling {
    return new Filling({
      client,
      emit,
      containers: this.#containers,
      signal: this.#end.signal,
      watches: (service) => this.services.includes(service),
      whole: async (service) => [...(await this.#rules.initialItems(service)), ...this.#ledger.of(service)],
      missing: (service) => {
        const acting = this.#synced.has(service) ? [] : this.#acting;
        return (
          planBatch(this.#rules.all, [...acting, ...this.#files.changes.pending]).sync.get(service) ?? []
        );
      },
      filled: (service, id) => this.#lookBack.begin(service, id),
    });
  }

  /** Items that came back from one container are no reason to act. */
  async #putBack(service: string, items: readonly SyncItem[]): Promise<void> {
    for (const { source } of items)
      for (let at = source; this.#rules.all.some(({ path }) => isAtOrBelow(at, path)); at = posix.dirname(at))
        this.#restraint.settle(at);
    this.#ledger.note(service, items);
    await syncService(this.#workshop(), service, items);
  }
}

/** Services for which nothing was done, but that show what changed. */
const withoutDeeds = (shown: readonly string[], done: Awaited<ReturnType<typeof carryOut>>) =>
  shown
    .filter((service) => !done.some((one) => one.service === service))
    .map((service) => ({ service, did: ['shown' as const] }));

/** The files that define a project. */
const filesOf = (files: readonly string[], { ignoreFiles, dockerfiles }: ProjectRules): readonly string[] => [
  ...files,
  ...ignoreFiles,
  ...dockerfiles.map(({ path }) => path),
];
