import type { Project } from '../../compose/model/project.ts';
import type { EngineClient } from '../../engine/client/engine-client.ts';
import type { EventSink } from '../../events.ts';
import { execute } from '../../project/execute/index.ts';
import type { Plan } from '../../project/plan.ts';
import { flag, type ParsedArgs } from '../arguments/command.ts';
import type { CliContext } from '../context.ts';
import { ContainerFollower, type Ending } from '../logs/container-follower.ts';
import { matchServices } from '../project.ts';
import type { Renderer } from '../render/renderer.ts';
import type { WatchSession } from '../watch/session/session.ts';
import { LogGate } from './log-gate.ts';
import { Menu, menuWanted } from './menu.ts';
import { shownServices } from './shown-services.ts';
import { stopServices } from './stopping.ts';
import { Watching } from './watching.ts';

interface UpAttachedInput {
  readonly project: Project;
  /** Services named on the command line; undefined means all. */
  readonly roots: ReadonlySet<string> | undefined;
  readonly plan: Plan;
  readonly args: ParsedArgs;
  /** Opens the watch session: before anything is started (`--watch`), or later when a key is pressed. */
  readonly openWatch: (emit: EventSink) => Promise<WatchSession>;
}

/** The state of one `up` in the foreground. */
interface Session extends UpAttachedInput {
  readonly ctx: CliContext;
  readonly client: EngineClient;
  readonly renderer: Renderer;
  readonly follower: ContainerFollower;
  readonly interrupts: Interrupts;
  readonly watching: Watching;
  readonly gate: LogGate;
}

/** The user's interrupts: the first stops, the second kills, the third exits at once. */
interface Interrupts {
  readonly first: AbortSignal;
  readonly second: AbortSignal;
  release(): void;
}

function catchInterrupts(ctx: CliContext): Interrupts {
  const [first, second] = [new AbortController(), new AbortController()];
  const release = ctx.onInterrupt((count) => {
    if (count > 2) ctx.exit(130);
    (count === 1 ? first : second).abort();
  });
  return { first: first.signal, second: second.signal, release };
}

/**
 * `up` in the foreground: carries out the plan while showing containers' output, then stays until all have ended, one
 * ends that ends all (`--abort-on-…`), or the user interrupts: the first interrupt stops in order, the second kills.
 */
export async function upAttached(
  ctx: CliContext,
  client: EngineClient,
  input: UpAttachedInput,
): Promise<number> {
  const { project, args } = input;
  const exitFrom = flag.str(args, 'exit-code-from');
  if (exitFrom !== undefined) matchServices(Object.keys(project.services), [exitFrom]);
  const shown = shownServices(project, input.roots, args);
  const renderer = await ctx.renderer(logStyle(ctx, input));
  const gate = new LogGate(renderer.emit);
  const follower = await ContainerFollower.open({
    client,
    project: project.name,
    shows: ({ service }) => shown.has(service),
    counts: ({ service }) => project.services[service] !== undefined,
    tty: (service) => project.services[service]?.tty === true,
    emit: gate.emit,
    drained: renderer.drained,
    since: (Date.now() / 1000).toFixed(9),
  });
  const watching = new Watching(() => input.openWatch(gate.emit));
  const interrupts = catchInterrupts(ctx);
  const session: Session = { ...input, ctx, client, renderer, gate, follower, interrupts, watching };
  try {
    const watch = flag.bool(args, 'watch') ? await watching.open() : undefined;
    if (!(await startAll(session))) return 130;
    await watch?.begin();
    return await stay(session, shown, exitFrom);
  } finally {
    session.interrupts.release();
    await watching.close();
    await follower.close();
  }
}

/** How lines are shown, with prefixes as wide as the containers in the plan need. */
function logStyle(ctx: CliContext, { project, plan, args }: UpAttachedInput) {
  const started = plan.steps.flatMap(({ operation }) =>
    operation.kind === 'start-container' ? [operation.container] : [],
  );
  return {
    prefix: !flag.bool(args, 'no-log-prefix'),
    color: ctx.color.stdout && !flag.bool(args, 'no-color'),
    timestamps: flag.bool(args, 'timestamps'),
    stderr: true,
    project: project.name,
    containers: [...new Set([...plan.unchanged.map(({ container }) => container.name), ...started])],
  };
}

/** Carries out the plan. False when it was interrupted, and everything that it had started is stopped. */
async function startAll(session: Session): Promise<boolean> {
  const { ctx, client, project, plan, renderer, follower, interrupts } = session;
  for (const id of plan.ids.values()) follower.old(id);
  try {
    await execute(plan, {
      client,
      project: project.name,
      emit: renderer.emit,
      now: ctx.now,
      signal: interrupts.first,
      parallel: ctx.globals.parallel,
      watch: follower.watch,
      onStart: (container) => follower.track(container),
      ...(session.watching.current === undefined
        ? {}
        : { beforeStart: session.watching.current.beforeStart }),
    });
    return true;
  } catch (error) {
    // When `up` fails, nothing that it has started may keep running in the background.
    await renderer.close();
    const interrupted = interrupts.first.aborted;
    if (interrupted) ctx.stderr.write('\nStopping what was started (press Ctrl+C again to kill) ...\n');
    await stop(session, new Set([...rootsOf(session), ...begunBy(plan)]));
    if (interrupted) return false;
    throw error;
  } finally {
    // The terminal's live list ends here; from now on there are only lines.
    await renderer.close();
  }
}

/** Stays until everything is over; returns the exit code. */
async function stay(
  session: Session,
  shown: ReadonlySet<string>,
  exitFrom: string | undefined,
): Promise<number> {
  const { ctx, plan, args, follower, interrupts } = session;
  const present = plan.unchanged
    .map(({ container }) => container)
    .filter(({ state }) => state === 'running' || state === 'restarting');
  for (const container of present)
    if (shown.has(container.service)) follower.show(container, (Date.now() / 1000).toFixed(9));
  await follower.trackPresent(present);
  const onFailure = flag.bool(args, 'abort-on-container-failure');
  const onExit = flag.bool(args, 'abort-on-container-exit') || (exitFrom !== undefined && !onFailure);
  const endsAll = (ending: Ending) => onExit || (onFailure && ending.exitCode !== 0);
  const interrupt = new Promise<'interrupt'>((resolve) => {
    if (interrupts.first.aborted) resolve('interrupt');
    interrupts.first.addEventListener('abort', () => resolve('interrupt'), { once: true });
  });
  const [detached, closeMenu] = openMenu(session);
  const outcome = await Promise.race([
    follower.over(endsAll),
    interrupt,
    detached,
    follower.watch.lost,
    session.watching.lost,
  ]).finally(closeMenu);
  if (outcome === 'detached') return 0;
  if (outcome === 'interrupt') {
    ctx.stderr.write('\nGracefully stopping... (press Ctrl+C again to force)\n');
    await session.watching.close();
    // As in Docker Compose, dependencies of the named services keep running.
    await stop(session, new Set(rootsOf(session)));
    return 130;
  }
  const codeOf = (fallback: number) =>
    exitFrom === undefined ? fallback : (follower.endingOf(exitFrom)?.exitCode ?? 0);
  if (outcome === undefined) return codeOf(0);
  await stop(session, new Set([...rootsOf(session), ...begunBy(plan)]));
  await follower.close();
  return codeOf(outcome.exitCode);
}

/** The keys while attached, if there is a terminal for them; the first element resolves when the user detaches. */
function openMenu(session: Session): readonly [Promise<'detached'>, () => void] {
  const { ctx, client, project, gate, watching, args } = session;
  let detach: () => void = () => {};
  const detached = new Promise<'detached'>((resolve) => {
    detach = () => resolve('detached');
  });
  if (!menuWanted(ctx, args.flags.menu as boolean | undefined)) return [detached, () => {}];
  const menu = new Menu(ctx, {
    client,
    project,
    gate,
    watch: () => watching.current,
    beginWatch: () => watching.begin(),
    detach,
  });
  return [detached, () => menu.close()];
}

const rootsOf = ({ roots, project }: UpAttachedInput) => roots ?? Object.keys(project.services);

/** Services for which the plan starts containers that were not running before. */
const begunBy = (plan: Plan): readonly string[] => {
  const ranBefore = new Set(
    plan.steps.flatMap(({ operation }) => (operation.kind === 'stop-container' ? [operation.service] : [])),
  );
  return plan.steps.flatMap(({ operation }) =>
    operation.kind === 'start-container' && !ranBefore.has(operation.service) ? [operation.service] : [],
  );
};

async function stop(session: Session, services: ReadonlySet<string>): Promise<void> {
  const { ctx, client, project, args, renderer, follower, interrupts } = session;
  await stopServices({
    client,
    project,
    services,
    timeout: flag.num(args, 'timeout'),
    emit: renderer.emit,
    now: ctx.now,
    parallel: ctx.globals.parallel,
    impatient: interrupts.second,
  });
  await follower.told(services, 2000, interrupts.second);
}
