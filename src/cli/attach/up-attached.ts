import type { Project } from '../../compose/model/project.ts';
import type { EngineClient } from '../../engine/client/engine-client.ts';
import { execute } from '../../project/execute/index.ts';
import { observeContainers } from '../../project/observe.ts';
import type { Plan } from '../../project/plan.ts';
import { planKill } from '../../project/plan-lifecycle/signal.ts';
import { planStop } from '../../project/plan-lifecycle/stop.ts';
import { flag, type ParsedArgs } from '../arguments/command.ts';
import type { CliContext } from '../context.ts';
import { matchServices } from '../project.ts';
import { AttachedSession } from './attached.ts';

interface UpAttachedInput {
  readonly project: Project;
  /** Services named on the command line; undefined is all. */
  readonly roots: ReadonlySet<string> | undefined;
  readonly plan: Plan;
  readonly args: ParsedArgs;
}

/** Which services' output is shown. */
function shownServices(input: UpAttachedInput): ReadonlySet<string> {
  const { project, roots, args } = input;
  const all = Object.keys(project.services);
  const only = flag.list(args, 'attach');
  const hidden = matchList(all, flag.list(args, 'no-attach'));
  const base =
    only.length > 0
      ? matchList(all, only)
      : new Set(
          all.filter(
            (name) =>
              project.services[name]!.attach !== false &&
              (roots === undefined || roots.has(name) || flag.bool(args, 'attach-dependencies')),
          ),
        );
  return new Set([...base].filter((name) => !hidden.has(name)));
}

const matchList = (all: readonly string[], names: readonly string[]) =>
  names.length === 0 ? new Set<string>() : matchServices(all, names);

/**
 * `up` in the foreground: carries the plan out while showing what containers print, then stays until all have ended, one
 * ends that ends all (`--abort-on-…`), or the user interrupts: the first interrupt stops in order, the second kills.
 */
export async function upAttached(
  ctx: CliContext,
  client: EngineClient,
  input: UpAttachedInput,
): Promise<number> {
  const { project, plan, args, roots } = input;
  const shown = shownServices(input);
  const exitFrom = flag.str(args, 'exit-code-from');
  if (exitFrom !== undefined) matchServices(Object.keys(project.services), [exitFrom]);
  const onFailure = flag.bool(args, 'abort-on-container-failure');
  const onExit = flag.bool(args, 'abort-on-container-exit') || (exitFrom !== undefined && !onFailure);
  const names = [
    ...new Set([
      ...plan.unchanged.map(({ container }) => container.name),
      ...plan.steps.flatMap(({ operation }) =>
        operation.kind === 'start-container' ? [operation.container] : [],
      ),
    ]),
  ];
  const renderer = await ctx.renderer({
    prefix: !flag.bool(args, 'no-log-prefix'),
    color: ctx.color.stdout && !flag.bool(args, 'no-color'),
    timestamps: flag.bool(args, 'timestamps'),
    project: project.name,
    containers: names,
  });
  const session = await AttachedSession.open({
    client,
    project: project.name,
    shows: (service) => shown.has(service),
    tty: (service) => project.services[service]?.tty === true,
    emit: renderer.emit,
    since: (Date.now() / 1000).toFixed(9),
  });
  for (const id of plan.ids.values()) session.old(id);
  const starting = new AbortController();
  let interrupted: () => void = () => {};
  const interrupt = new Promise<'interrupt'>((resolve) => {
    interrupted = () => resolve('interrupt');
  });
  let interrupts = 0;
  let kill: (() => void) | undefined;
  const release = ctx.onInterrupt((count) => {
    interrupts = count;
    if (count === 1) {
      starting.abort();
      interrupted();
    } else if (kill !== undefined) kill();
    if (count > 2) ctx.exit(130);
  });
  // Dependencies of the services named that ran before go on running.
  const ours = new Set([
    ...(roots ?? Object.keys(project.services)),
    ...plan.steps.flatMap(({ operation }) =>
      operation.kind === 'start-container' ? [operation.service] : [],
    ),
  ]);
  const stopAll = async () => {
    const stillUp = async () =>
      (await observeContainers(client, project.name, false)).filter(
        (one) => !one.oneoff && ours.has(one.service),
      );
    const containers = await stillUp();
    const run = (work: Plan) =>
      execute(work, {
        client,
        project: project.name,
        emit: renderer.emit,
        now: ctx.now,
        signal: new AbortController().signal,
        parallel: ctx.globals.parallel,
      });
    const killing = new Promise<void>((resolve) => {
      kill = () => {
        renderer.emit({ type: 'warning', message: 'killing what still runs' });
        // Those that have stopped by now are left alone.
        void stillUp()
          .then((left) => run(planKill({ project, containers: left }, 'SIGKILL')))
          .then(
            () => resolve(),
            () => resolve(),
          );
      };
    });
    if (interrupts > 1) kill?.();
    const stop = planStop({ project, containers, timeout: flag.num(args, 'timeout') });
    await Promise.race([run({ ...stop, unchanged: [] }), killing]);
    await session.told(ours, 2000);
  };
  try {
    try {
      await execute(plan, {
        client,
        project: project.name,
        emit: renderer.emit,
        now: ctx.now,
        signal: starting.signal,
        parallel: ctx.globals.parallel,
        watch: session.watch,
        onStart: (container) => session.track(container),
      });
    } catch (error) {
      // What an `up` in the foreground began does not go on behind a prompt that says it failed.
      await renderer.close();
      if (interrupts > 0) ctx.stderr.write('\nStopping what was started (press Ctrl+C again to kill) ...\n');
      await stopAll();
      if (interrupts > 0) return 130;
      throw error;
    }
    // The live list of a terminal is over; from here on there are only lines.
    await renderer.close();
    for (const { container } of plan.unchanged) {
      if (container.state !== 'running' && container.state !== 'restarting') continue;
      session.track(container);
      session.show(container, false);
    }
    const over = session.over((ending) => (onExit ? true : onFailure && ending.exitCode !== 0));
    const outcome = await Promise.race([over, interrupt, session.watch.lost]);
    if (outcome === 'interrupt') {
      ctx.stderr.write('\nGracefully stopping... (press Ctrl+C again to force)\n');
      await stopAll();
      return 130;
    }
    if (outcome === undefined)
      return exitFrom === undefined ? 0 : (session.endingOf(exitFrom)?.exitCode ?? 0);
    await stopAll();
    await session.close();
    return exitFrom === undefined ? outcome.exitCode : (session.endingOf(exitFrom)?.exitCode ?? 0);
  } finally {
    release();
    await session.close();
  }
}
