import type { Project } from '../compose/model/project.ts';
import { composeWords } from '../compose-words.ts';
import type { EngineClient } from '../engine/client/engine-client.ts';
import type { Plan } from '../project/plan.ts';
import type { CliContext } from './context.ts';
import { isOwnEngine } from './is-own-engine.ts';

interface RunPlanOptions {
  readonly client: EngineClient;
  readonly project: string;
  /** Seconds after which services count as not ready; undefined or 0: no limit. */
  readonly readyWithin?: number | undefined;
  /** Resolves when a container may be started. */
  readonly beforeStart?: (container: { id: string; name: string; service: string }) => Promise<void>;
  /** Called with services whose image could not be pulled and will be built instead. */
  readonly buildLater?: (service: string) => void;
}

const loadExecute = () => import('../project/execute/index.ts');

/** Loads what runPlan needs while the command is still waiting for the engine. */
export async function prepareRun(ctx: CliContext): Promise<void> {
  if (!ctx.globals.dryRun) await Promise.all([loadExecute(), import('./render/plain.ts')]);
}

/**
 * Asks our own engine whether a plan can be carried out, before any of it is; other engines fail at the step concerned.
 * @throws TcomposeError or TcomposeErrors, one for each container that could not be created or started.
 */
export async function checkPlan(
  ctx: CliContext,
  client: EngineClient,
  project: Project | undefined,
  plan: Plan,
): Promise<void> {
  if (plan.steps.length === 0 || ctx.globals.dryRun || !isOwnEngine(client)) return;
  const { preflight } = await import('../project/preflight.ts');
  await preflight(client, project, plan);
}

/**
 * Carries out a plan for a command that does nothing else: prints it with `--dry-run`, shows progress, and turns the
 * first interrupt into an orderly end (steps in progress finish, no others begin) and the second into an immediate one.
 */
export async function runPlan(ctx: CliContext, plan: Plan, options: RunPlanOptions): Promise<void> {
  if (ctx.globals.dryRun) {
    const { formatPlan } = await import('../project/format-plan.ts');
    ctx.write(formatPlan(plan));
    return;
  }
  const { execute } = await loadExecute();
  const renderer = await ctx.renderer();
  const interrupt = new AbortController();
  const release = ctx.onInterrupt((count) => {
    if (count > 1) ctx.exit(130);
    interrupt.abort();
    renderer.emit({
      type: 'warning',
      message: 'interrupted: finishing what is under way (press Ctrl+C again to abandon it)',
    });
  });
  let late = false;
  const { readyWithin = 0 } = options;
  const giveUp = () => {
    late = true;
    interrupt.abort();
  };
  const timer = readyWithin > 0 ? setTimeout(giveUp, readyWithin * 1000) : undefined;
  try {
    await execute(plan, {
      client: options.client,
      project: options.project,
      emit: renderer.emit,
      now: ctx.now,
      signal: interrupt.signal,
      parallel: ctx.globals.parallel,
      ...(await registryOf(ctx, plan, options.client)),
      ...(options.beforeStart === undefined ? {} : { beforeStart: options.beforeStart }),
      ...(options.buildLater === undefined ? {} : { buildLater: options.buildLater }),
    });
    if (interrupt.signal.aborted) throw await ended(late, readyWithin);
  } catch (error) {
    if (late) throw await ended(late, readyWithin);
    throw error;
  } finally {
    clearTimeout(timer);
    release();
    await renderer.close();
  }
}

/** Credentials are looked up only when a plan needs a registry. */
export async function registryOf(ctx: CliContext, plan: Plan, client: EngineClient) {
  if (!plan.steps.some(({ operation }) => /^(?:pull|push)-image$/.test(operation.kind))) return {};
  const { registryAccess } = await import('./credentials/registry-access.ts');
  return { registry: registryAccess(ctx, client) };
}

async function ended(late: boolean, readyWithin: number) {
  const { TcomposeError } = await import('../errors.ts');
  return late
    ? new TcomposeError('PROJECT_WAIT_TIMEOUT', composeWords.notHealthyAfter(readyWithin))
    : new TcomposeError('CLI_INTERRUPTED', 'interrupted', { exitCode: 130 });
}
