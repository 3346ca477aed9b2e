import type { Project } from '../../compose/model/project.ts';
import type { BuildEvent, BuildRequest } from '../../engine/api/build.ts';
import type { ToldBuildEvent } from '../../engine/client/builds.ts';
import type { EngineClient } from '../../engine/client/engine-client.ts';
import { TcomposeError, TcomposeErrors } from '../../errors.ts';
import {
  type BuildFlags,
  buildableServices,
  planBuilds,
  type ServiceBuild,
} from '../../project/builds/plan-builds.ts';
import type { RegistryAccess } from '../../project/execute/act.ts';
import { labels } from '../../project/labels.ts';
import type { CliContext } from '../context.ts';
import { isOwnEngine } from '../is-own-engine.ts';
import { buildError, failureOutput, isUnreachable, placeForUser } from './build-error.ts';
import { readDockerfiles, readSecrets } from './build-inputs.ts';
import { BuildSummary } from './build-summary.ts';
import type { FailedStep } from './debug-shell.ts';
import type { ForeignBuilder } from './foreign/foreign-build.ts';
import { QuietUntilWork } from './quiet-until-work.ts';
import { openAgents, type SshAgents } from './ssh-agents.ts';

/** Default number of simultaneous builds. */
const usualParallel = 4;

interface RunBuildsOptions extends BuildFlags {
  readonly quiet: boolean;
  /** Only check the Dockerfiles. */
  readonly check?: boolean;
  /** Open a shell in what a failed command left. */
  readonly debugShell?: boolean;
  /** Only these services, with their present images: an unchanged one is not reported. */
  readonly onlyChanged?: ReadonlyMap<string, string>;
}

/** The results of the builds: image id by service. */
export type BuiltImages = ReadonlyMap<string, string>;

/**
 * Builds images of services, each after those that it is based on; with `--dry-run` only says what would be done.
 * @throws TcomposeError or TcomposeErrors of the failed builds; others that were running are aborted
 */
export async function runBuilds(
  ctx: CliContext,
  client: EngineClient,
  project: Project,
  services: readonly string[],
  options: RunBuildsOptions,
): Promise<BuiltImages> {
  const dockerfiles = await readDockerfiles(buildableServices(project));
  const { onlyChanged } = options;
  const builds = planBuilds(project, services, options, dockerfiles).filter(
    ({ service }) => onlyChanged === undefined || onlyChanged.has(service),
  );
  if (builds.length === 0) return new Map();
  if (onlyChanged === undefined && isOwnEngine(client))
    for (const warning of builds.flatMap(({ warnings }) => warnings)) ctx.warn(warning);
  const run = new BuildRun(ctx, client, project, builds, options);
  try {
    return await run.all();
  } catch (error) {
    if (run.failed === undefined) throw error;
    const { debugShell } = await import('./debug-shell.ts');
    ctx.warn((error as Error).message);
    await debugShell(ctx, client, run.failed);
    throw error;
  }
}

class BuildRun {
  readonly #ctx: CliContext;
  readonly #client: EngineClient;
  readonly #project: Project;
  readonly #builds: readonly ServiceBuild[];
  readonly #options: RunBuildsOptions;
  readonly #stop = new AbortController();
  readonly #images = new Map<string, string>();
  readonly #waiting: (() => void)[] = [];
  #access: RegistryAccess | undefined;
  #foreign: Promise<ForeignBuilder> | undefined;
  /** The first failed step that left something to examine. */
  failed: FailedStep | undefined;
  #free: number;

  constructor(
    ctx: CliContext,
    client: EngineClient,
    project: Project,
    builds: readonly ServiceBuild[],
    options: RunBuildsOptions,
  ) {
    this.#ctx = ctx;
    this.#client = client;
    this.#project = project;
    this.#builds = builds;
    this.#options = options;
    const { parallel } = ctx.globals;
    this.#free =
      parallel > 0 && Number.isFinite(parallel) ? Math.min(parallel, usualParallel) : usualParallel;
  }

  async all(): Promise<BuiltImages> {
    const renderer = await this.#ctx.renderer();
    const release = this.#ctx.onInterrupt((count) => {
      if (count > 1) this.#ctx.exit(130);
      this.#stop.abort();
    });
    const resources = this.#builds.map(({ image }) => ({ kind: 'image' as const, name: image }));
    const { onlyChanged } = this.#options;
    if (!this.#ctx.globals.dryRun && onlyChanged === undefined) renderer.emit({ type: 'begin', resources });
    const begun = new Map<string, Promise<void>>();
    for (const build of this.#builds) {
      const needs = build.needs.flatMap((name) => begun.get(name) ?? []);
      const one = Promise.all(needs).then(() => this.#inTurn(build, renderer.emit));
      one.catch(() => this.#stop.abort());
      begun.set(build.service, one);
    }
    try {
      const settled = await Promise.allSettled(begun.values());
      const errors = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
      const told = errors.filter((error): error is TcomposeError => error instanceof TcomposeError);
      const distinct = [...new Set(told)].filter(({ code }) => code !== 'CLI_INTERRUPTED');
      if (distinct.length > 1) throw new TcomposeErrors(distinct);
      if (errors.length > 0) throw distinct[0] ?? errors[0];
      return this.#images;
    } finally {
      release();
      await renderer.close();
    }
  }

  /** A slot is taken when a build can run, never while it waits for another build. */
  async #inTurn(build: ServiceBuild, emit: CliContext['emit']): Promise<void> {
    while (this.#free === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#free--;
    try {
      const { onlyChanged } = this.#options;
      if (onlyChanged === undefined) await this.#one(build, emit);
      else await this.#oneIfChanged(build, onlyChanged.get(build.service), emit);
    } finally {
      this.#free++;
      this.#waiting.shift()?.();
    }
  }

  async #oneIfChanged(
    build: ServiceBuild,
    known: string | undefined,
    emit: CliContext['emit'],
  ): Promise<void> {
    const quiet = new QuietUntilWork(emit);
    quiet.emit({ type: 'begin', resources: [{ kind: 'image', name: build.image }] });
    for (const message of build.warnings) quiet.emit({ type: 'warning', message });
    try {
      await this.#one(build, quiet.emit, () => quiet.open());
    } catch (error) {
      if (isUnreachable(error)) {
        const message = `image ${build.image} is used as it is, because tcompose cannot tell whether it needs a build: ${error.message}`;
        emit({ type: 'warning', message });
        return;
      }
      quiet.open();
      throw error;
    }
    if (this.#images.get(build.service) !== known) quiet.open();
  }

  /** @param works called when it turns out that there is work to do */
  async #one(build: ServiceBuild, emit: CliContext['emit'], works = () => {}): Promise<void> {
    const interrupted = () => new TcomposeError('CLI_INTERRUPTED', 'interrupted', { exitCode: 130 });
    if (this.#stop.signal.aborted) throw interrupted();
    const { dryRun } = this.#ctx.globals;
    const secrets = dryRun ? {} : await readSecrets(this.#ctx, this.#project, build);
    const agents =
      dryRun || this.#options.check === true || !isOwnEngine(this.#client)
        ? undefined
        : await this.#openAgents(build);
    const request = {
      ...build.request,
      ...(agents === undefined ? {} : { ssh: agents.sockets }),
      ...(Object.keys(this.#options.args).length === 0
        ? {}
        : { labels: { ...build.request.labels, [labels.buildArguments]: 'given' } }),
      secrets,
      ...(this.#options.debugShell === true ? { keepFailed: true } : {}),
      ...(dryRun
        ? { only: 'plan' as const }
        : this.#options.check === true
          ? { only: 'check' as const }
          : {}),
    };
    const tell = (status: string, state: 'working' | 'done' | 'failed') =>
      emit({ type: 'progress', kind: 'image', name: build.image, status, state, at: this.#ctx.now() });
    if (!dryRun) tell('Building', 'working');
    const summary = new BuildSummary();
    try {
      for await (const event of this.#events(build, request)) {
        if (event.type === 'log' || event.type === 'note' || (event.type === 'start' && event.base !== true))
          works();
        summary.add(event);
        this.#take(event, build, emit);
      }
    } catch (error) {
      if (!dryRun) tell('Error', 'failed');
      const own = error instanceof TcomposeError;
      if (this.#stop.signal.aborted && !(own && error.code.startsWith('BUILD_'))) throw interrupted();
      if (own) throw error;
      throw new TcomposeError('ENGINE_UNREACHABLE', `the engine ended while it built ${build.service}`, {
        hint: 'Build again: finished steps are kept.',
        cause: error,
      });
    } finally {
      agents?.release();
    }
    const line = summary.line();
    if (line !== undefined && !this.#options.quiet)
      emit({ type: 'build', service: build.service, kind: 'step', line });
    if (!dryRun) tell(this.#options.check === true ? 'Checked' : 'Built', 'done');
  }

  /** The build itself, with tcompose's own engine or another. */
  async *#events(build: ServiceBuild, request: BuildRequest): AsyncGenerator<ToldBuildEvent> {
    const { signal } = this.#stop;
    const { registry } = this;
    if (isOwnEngine(this.#client)) {
      yield* this.#client.builds.run(request, { signal, registry });
      return;
    }
    this.#foreign ??= import('./foreign/foreign-build.ts').then(({ foreignBuilder }) =>
      foreignBuilder(this.#client, { env: this.#ctx.env, cwd: this.#ctx.cwd, registry }),
    );
    const { way, run } = await this.#foreign;
    if (request.only === 'plan') {
      yield { type: 'plan', text: `built ${way}\n` };
      return;
    }
    yield { type: 'note', text: `building ${way}` };
    const { service, ssh } = build;
    yield* run({
      service,
      request,
      build: buildableServices(this.#project)[service]?.build ?? {},
      ssh,
      signal,
    });
  }

  /** A repository that is accessed by ssh needs the user's agent, whether or not it is named. */
  async #openAgents({ ssh, request }: ServiceBuild): Promise<SshAgents | undefined> {
    const { context, contexts = {} } = request;
    const bySsh = [context, ...Object.values(contexts)].some((one) =>
      /^(?:ssh:\/\/|[\w.-]+@[\w.-]+:)/.test(one),
    );
    const wanted = ssh.length === 0 && bySsh && this.#ctx.env.SSH_AUTH_SOCK ? ['default'] : ssh;
    return wanted.length === 0 ? undefined : openAgents(wanted, this.#ctx);
  }

  /** Credentials are looked up only when a registry has to be asked. */
  readonly registry = async (image: string): Promise<Readonly<Record<string, string>>> => {
    const { registryAccess } = await import('../credentials/registry-access.ts');
    this.#access ??= registryAccess(this.#ctx, this.#client);
    return this.#access.headersFor(image);
  };

  #take(event: ToldBuildEvent, build: ServiceBuild, emit: CliContext['emit']): void {
    const { service } = build;
    const line = (text: string, kind: 'step' | 'output' = 'step') => {
      if (!this.#options.quiet) emit({ type: 'build', service, kind, line: text });
    };
    switch (event.type) {
      case 'start':
        line(event.name);
        return;
      case 'note':
        line(event.text);
        return;
      case 'begin':
        for (const stage of event.unneeded ?? [])
          line(`stage ${stage}: not needed${build.request.target ? ` for ${build.request.target}` : ''}`);
        return;
      case 'log':
        line(event.text, 'output');
        return;
      case 'end':
        line(`${event.name}  ${outcomeText(event)}`);
        return;
      case 'warning': {
        const where = placeForUser(event.where, build.request, this.#ctx.cwd);
        const place = where === undefined ? '' : ` (${where.file}:${where.line})`;
        const rule = event.rule === undefined ? '' : `${event.rule}: `;
        emit({ type: 'warning', message: `${service}: ${rule}${event.message}${place}` });
        return;
      }
      case 'plan':
        this.#ctx.write(`service ${service}, image ${build.image}\n${event.text}`);
        return;
      case 'done':
        if (event.image !== undefined) this.#images.set(service, event.image);
        return;
      case 'error':
        if (event.shell !== undefined) this.failed ??= { ...event.shell, service };
        for (const text of failureOutput(event)) emit({ type: 'build', service, kind: 'output', line: text });
        throw buildError(event, service, placeForUser(event.where, build.request, this.#ctx.cwd));
    }
  }
}

function outcomeText({ outcome, took }: Extract<BuildEvent, { type: 'end' }>): string {
  if (outcome === 'cached') return 'CACHED';
  return outcome === 'failed' ? 'ERROR' : `DONE ${(took / 1000).toFixed(1)}s`;
}
