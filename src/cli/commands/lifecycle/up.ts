import type { Project } from '../../../compose/model/project.ts';
import { composeWords } from '../../../compose-words.ts';
import { TcomposeError } from '../../../errors.ts';
import type { EventSink } from '../../../events.ts';
import { divergedVolumes } from '../../../project/plan-resources.ts';
import { planUp } from '../../../project/plan-up/index.ts';
import { type Command, flag } from '../../arguments/command.ts';
import { sharedFlags } from '../../arguments/flags.ts';
import type { CliContext } from '../../context.ts';
import { observeWithImages } from '../../fetch-images.ts';
import { matchServices } from '../../project.ts';
import { checkPlan, runPlan } from '../../run-plan.ts';
import { checkUpFlags, parseScales, upOptions, withScales } from '../../up-options.ts';
import { isBackground } from '../../watch/background/is-background.ts';
import { loadConfiguration } from '../../watch/configuration.ts';
import type { WatchSession } from '../../watch/session/session.ts';
import type { BeforeStart } from '../../watch/session/session-options.ts';

const bool = (name: string, summary: string, short?: string) =>
  ({ name, summary, type: 'boolean', ...(short === undefined ? {} : { short }) }) as const;

export const command: Command = {
  name: 'up',
  summary: 'Create and start containers',
  args: {
    usage: '[SERVICE...]',
    flags: [
      sharedFlags.adopt,
      bool('abort-on-container-exit', 'Stop all containers when one stops'),
      bool('abort-on-container-failure', 'Stop all containers when one fails'),
      bool('always-recreate-deps', 'Recreate the containers of dependencies as well'),
      {
        name: 'attach',
        type: 'strings',
        value: 'SERVICE',
        summary: 'Show only the output of these services',
      },
      bool('attach-dependencies', 'Show the output of dependencies, too'),
      sharedFlags.build,
      bool('detach', 'Run containers in the background', 'd'),
      {
        name: 'exit-code-from',
        type: 'string',
        value: 'SERVICE',
        summary: 'Exit with the code of this service; implies --abort-on-container-exit',
      },
      sharedFlags.explain,
      sharedFlags.forceRecreate,
      bool('menu', 'Keyboard shortcuts while attached'),
      {
        name: 'no-attach',
        type: 'strings',
        value: 'SERVICE',
        summary: 'Do not show the output of these services',
      },
      sharedFlags.noAutoBuild,
      sharedFlags.noBuild,
      bool('no-color', 'Output without colour'),
      sharedFlags.noDeps,
      bool('no-log-prefix', 'Leave out the names of containers'),
      sharedFlags.noRecreate,
      bool('no-start', 'Create the containers, do not start them'),
      sharedFlags.pull,
      sharedFlags.quietBuild,
      sharedFlags.quietPull,
      sharedFlags.removeOrphans,
      bool(
        'renew-anon-volumes',
        'Create new anonymous volumes instead of keeping those of the previous containers',
        'V',
      ),
      sharedFlags.scale,
      sharedFlags.timeout,
      bool('timestamps', 'Show the time of each line'),
      bool('wait', 'Wait until services are running or healthy; implies --detach'),
      { name: 'wait-timeout', type: 'number', value: 'SECONDS', summary: 'Longest time to wait for that' },
      bool('watch', 'Watch source files', 'w'),
      sharedFlags.yes,
    ],
  },
  async run(args, ctx) {
    checkUpFlags(args);
    const named = args.positional;
    const noDeps = flag.bool(args, 'no-deps');
    const [loaded, client] = await Promise.all([loadConfiguration(ctx, named, { noDeps }), ctx.engine()]);
    const scales = parseScales(flag.list(args, 'scale'));
    const project = withScales(loaded.project, scales);
    if (!ctx.globals.allResources) refuseNothing(project);
    const roots = named.length === 0 ? undefined : matchServices(Object.keys(project.services), named);
    const wait = flag.bool(args, 'wait');
    const noStart = flag.bool(args, 'no-start');
    const given = upOptions(args, ctx, roots, { start: !noStart, wait });
    const watch = async (emit: EventSink) => {
      const { openWatch } = await import('../../watch/open.ts');
      return openWatch(ctx, {
        client,
        loaded: { ...loaded, project },
        services: named,
        emit,
        up: given,
        adjust: (edited) => withScales(edited, scales),
        yes: flag.bool(args, 'yes'),
        noDeps,
      });
    };
    if (isBackground(ctx)) return watchOn(ctx, watch);
    const { observed, images } = await observeWithImages(ctx, client, project, given.images, args, true);
    const options = { ...given, images };
    const diverged = divergedVolumes(project, observed);
    const renewVolumes =
      diverged.length === 0
        ? options.renewVolumes
        : await (await import('../../render/confirm.ts')).confirmVolumes(
            ctx,
            diverged,
            flag.bool(args, 'yes'),
          );
    const plan = planUp(project, observed, { ...options, renewVolumes });
    if (flag.bool(args, 'explain')) {
      const { formatPlan } = await import('../../../project/format-plan.ts');
      ctx.stderr.write(formatPlan({ ...plan, warnings: [] }));
    }
    await checkPlan(ctx, client, project, plan);
    const attached = !(flag.bool(args, 'detach') || wait || noStart);
    const run = (beforeStart?: BeforeStart) =>
      runPlan(ctx, plan, {
        client,
        project: project.name,
        ...(beforeStart === undefined ? {} : { beforeStart }),
        readyWithin: wait ? flag.num(args, 'wait-timeout') : undefined,
      });
    if (!ctx.globals.dryRun && (attached || flag.bool(args, 'watch'))) {
      const { upAttached } = await import('../../attach/up-attached.ts');
      if (attached) return upAttached(ctx, client, { project, roots, plan, args, openWatch: watch });
      return upWatched(ctx, run);
    }
    await run();
    return 0;
  },
};

/** The background process of `up -d --watch`. */
async function watchOn(ctx: CliContext, watch: (emit: EventSink) => Promise<WatchSession>): Promise<number> {
  const { runInBackground } = await import('../../watch/background/detach.ts');
  return runInBackground(ctx, await watch((await ctx.renderer()).emit));
}

/**
 * `up -d --watch`: the watcher continues in the background, and fills each container that is started before its command
 * begins.
 */
async function upWatched(ctx: CliContext, run: (beforeStart: BeforeStart) => Promise<void>): Promise<number> {
  const { inBackground, watchInBackground } = await import('../../watch/background/detach.ts');
  ctx.write(inBackground(await watchInBackground(run)));
  return 0;
}

function refuseNothing({ services }: Project): void {
  if (Object.keys(services).length > 0) return;
  throw new TcomposeError('PROJECT_SERVICE_UNKNOWN', composeWords.noServiceSelected, {
    hint: 'Every service of the compose file belongs to a profile: enable one with --profile.',
  });
}
