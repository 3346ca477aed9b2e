import type { Project } from '../../../compose/model/project.ts';
import type { EngineClient } from '../../../engine/client/engine-client.ts';
import { TcomposeError } from '../../../errors.ts';
import { planUp } from '../../../project/plan-up/index.ts';
import type { UpOptions } from '../../../project/plan-up/options.ts';
import { type Command, flag, type ParsedArgs } from '../../arguments/command.ts';
import { sharedFlags } from '../../arguments/flags.ts';
import type { CliContext } from '../../context.ts';
import { observeWithImages } from '../../fetch-images.ts';
import { matchServices, scopeOf } from '../../project.ts';
import { checkPlan, runPlan } from '../../run-plan.ts';
import { upOptions } from '../../up-options.ts';
import { inBackground, runInBackground, watchInBackground } from '../../watch/background/detach.ts';
import { isBackground } from '../../watch/background/is-background.ts';
import { endBackground, outputOf, watchersOf } from '../../watch/background/watchers.ts';
import { loadConfiguration } from '../../watch/configuration.ts';
import { openWatch } from '../../watch/open.ts';
import type { BeforeStart } from '../../watch/session/session-options.ts';

export const command: Command = {
  name: 'watch',
  summary: 'Watch source files and update containers: one way, unless a rule has x-direction: both',
  args: {
    usage: '[SERVICE...]',
    flags: [
      {
        name: 'detach',
        short: 'd',
        type: 'boolean',
        summary: 'Watch in the background until --stop, `stop` or `down`',
      },
      { name: 'no-up', type: 'boolean', summary: 'Do not build and start services before watching' },
      { name: 'prune', type: 'boolean', summary: 'Remove images that a rebuild replaced (default: true)' },
      { name: 'quiet', type: 'boolean', summary: 'No build output' },
      { name: 'status', type: 'boolean', summary: 'Show how containers differ from this machine, and exit' },
      { name: 'stop', type: 'boolean', summary: 'Stop watching in the background' },
      { name: 'output', type: 'boolean', summary: 'Show its latest messages' },
      { name: 'json', type: 'boolean', summary: 'With --status: as JSON' },
      sharedFlags.yes,
    ],
  },
  async run(args, ctx) {
    if (flag.bool(args, 'json') && !flag.bool(args, 'status'))
      throw new TcomposeError('CLI_USAGE', '--json goes with --status', {
        hint: 'Use `--progress json` before the command for events of watching.',
      });
    if (flag.bool(args, 'stop')) return stop(ctx);
    if (flag.bool(args, 'output')) return showOutput(ctx);
    const named = args.positional;
    const [loaded, client] = await Promise.all([loadConfiguration(ctx, named), ctx.engine()]);
    const { project } = loaded;
    if (flag.bool(args, 'status')) return status(args, ctx, client, project);
    const roots = named.length === 0 ? undefined : matchServices(Object.keys(project.services), named);
    const options = upOptions(args, ctx, roots, { start: true, wait: false });
    const { emit } = await ctx.renderer();
    const yes = flag.bool(args, 'yes');
    const [quiet, prune] = [flag.bool(args, 'quiet'), flag.bool(args, 'prune', true)];
    const noUp = flag.bool(args, 'no-up');
    if (flag.bool(args, 'detach') && !ctx.globals.dryRun && !isBackground(ctx)) {
      const pid = await watchInBackground(
        async (beforeStart) => noUp || (await up(args, ctx, { client, project, beforeStart, options })),
      );
      ctx.write(inBackground(pid));
      return 0;
    }
    const session = await openWatch(ctx, {
      client,
      loaded,
      services: named,
      emit,
      up: options,
      yes,
      quiet,
      prune,
    });
    if (isBackground(ctx)) return runInBackground(ctx, session);
    try {
      if (!noUp) await up(args, ctx, { client, project, beforeStart: session.beforeStart, options });
      if (ctx.globals.dryRun) return 0;
      const interrupted = untilInterrupted(ctx);
      await session.begin();
      const elsewhere = '`tcompose logs -f` or `up --watch` shows what services print';
      if (!quiet) emit({ type: 'watch', phase: 'note', message: elsewhere });
      await Promise.race([interrupted, session.lost]);
      return 130;
    } finally {
      await session.close();
    }
  },
};

async function status(
  args: ParsedArgs,
  ctx: CliContext,
  client: EngineClient,
  project: Project,
): Promise<number> {
  const { showWatchStatus } = await import('../../watch/status.ts');
  const services = matchServices(Object.keys(project.services), args.positional);
  return showWatchStatus(ctx, { client, project, services: [...services], json: flag.bool(args, 'json') });
}

/** Ends the background watcher. */
async function stop(ctx: CliContext): Promise<number> {
  const [{ name }, client] = await Promise.all([scopeOf(ctx), ctx.engine()]);
  const pid = await endBackground(client, name);
  ctx.write(
    pid === undefined ? `nothing watches project ${name} in the background\n` : `process ${pid} has ended\n`,
  );
  return 0;
}

/** Shows the messages of the background watcher. */
async function showOutput(ctx: CliContext): Promise<number> {
  const [{ name }, client] = await Promise.all([scopeOf(ctx), ctx.engine()]);
  const holder = (await watchersOf(client, [name])).get(name);
  if (holder?.background !== true) {
    ctx.warn(`nothing watches project ${name} in the background`);
    return 1;
  }
  ctx.write(outputOf(holder));
  return 0;
}

interface UpInput {
  readonly client: EngineClient;
  readonly project: Project;
  readonly beforeStart: BeforeStart;
  readonly options: UpOptions;
}

/** Like `up -d` of the named services; their dependencies are not recreated. */
async function up(args: ParsedArgs, ctx: CliContext, input: UpInput): Promise<void> {
  const { client, project, beforeStart, options } = input;
  const { observed, images } = await observeWithImages(ctx, client, project, options.images, args);
  const plan = planUp(project, observed, { ...options, images, recreateDependencies: 'never' });
  await checkPlan(ctx, client, project, plan);
  await runPlan(ctx, plan, {
    client,
    project: project.name,
    beforeStart,
  });
}

function untilInterrupted(ctx: CliContext): Promise<void> {
  return new Promise((resolve) => {
    const release = ctx.onInterrupt((count) => {
      if (count > 1) ctx.exit(130);
      release();
      resolve();
    });
  });
}
