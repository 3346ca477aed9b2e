import { planUp } from '../../../project/plan-up/index.ts';
import { type Command, flag, type ParsedArgs } from '../../arguments/command.ts';
import type { CliContext } from '../../context.ts';
import { observeWithImages } from '../../fetch-images.ts';
import { loadForCommand, matchServices } from '../../project.ts';
import { checkPlan, runPlan } from '../../run-plan.ts';
import { upOptions } from '../../up-options.ts';
import { openWatch } from '../../watch/open.ts';
import type { WatchSession } from '../../watch/session.ts';

export const command: Command = {
  name: 'watch',
  summary: 'Watch source files and update containers',
  args: {
    usage: '[SERVICE...]',
    flags: [
      { name: 'no-up', type: 'boolean', summary: 'Do not build and start services before watching' },
      { name: 'prune', type: 'boolean', summary: 'Remove images that a rebuild replaced (default: true)' },
      { name: 'quiet', type: 'boolean', summary: 'No build output' },
    ],
  },
  async run(args, ctx) {
    const named = args.positional;
    const [project, client] = await Promise.all([loadForCommand(ctx, named), ctx.engine()]);
    const renderer = await ctx.renderer();
    const session = await openWatch(ctx, { client, project, services: named, emit: renderer.emit });
    try {
      if (!flag.bool(args, 'no-up')) await up(args, ctx, { client, project, session });
      if (ctx.globals.dryRun) return 0;
      const interrupted = untilInterrupted(ctx);
      await session.begin();
      await Promise.race([interrupted, session.lost]);
      return 130;
    } finally {
      await session.close();
    }
  },
};

type UpInput = Pick<Parameters<typeof openWatch>[1], 'client' | 'project'> & {
  readonly session: WatchSession;
};

/** As `up -d` of the services named; what they depend on is not made anew. */
async function up(args: ParsedArgs, ctx: CliContext, { client, project, session }: UpInput): Promise<void> {
  const named = args.positional;
  const roots = named.length === 0 ? undefined : matchServices(Object.keys(project.services), named);
  const given = upOptions(args, ctx, client, roots, { start: true, wait: false });
  const { observed, images } = await observeWithImages(ctx, client, project, given.images, args);
  const plan = planUp(project, observed, { ...given, images, recreateDependencies: 'never' });
  await checkPlan(ctx, client, project, plan);
  await runPlan(ctx, plan, { client, project: project.name, beforeStart: session.beforeStart });
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
