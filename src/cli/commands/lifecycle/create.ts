import { planUp } from '../../../project/plan-up/index.ts';
import { type Command, flag } from '../../arguments/command.ts';
import { sharedFlags } from '../../arguments/flags.ts';
import { observeWithImages } from '../../fetch-images.ts';
import { loadForCommand, matchServices } from '../../project.ts';
import { checkPlan, runPlan } from '../../run-plan.ts';
import { checkUpFlags, parseScales, upOptions, withScales } from '../../up-options.ts';

export const command: Command = {
  name: 'create',
  summary: 'Create containers of services without starting them',
  args: {
    usage: '[SERVICE...]',
    flags: [
      sharedFlags.adopt,
      sharedFlags.build,
      sharedFlags.forceRecreate,
      sharedFlags.noBuild,
      sharedFlags.noRecreate,
      sharedFlags.pull,
      sharedFlags.quietPull,
      sharedFlags.removeOrphans,
      sharedFlags.scale,
      sharedFlags.yes,
    ],
  },
  async run(args, ctx) {
    checkUpFlags(args);
    const [loaded, client] = await Promise.all([loadForCommand(ctx, args.positional), ctx.engine()]);
    const project = withScales(loaded, parseScales(flag.list(args, 'scale')));
    const roots =
      args.positional.length === 0
        ? undefined
        : matchServices(Object.keys(project.services), args.positional);
    const options = upOptions(args, ctx, roots, { start: false, wait: false });
    const { observed, images } = await observeWithImages(ctx, client, project, options.images, args);
    const plan = planUp(project, observed, { ...options, images });
    await checkPlan(ctx, client, project, plan);
    await runPlan(ctx, plan, { client, project: project.name });
    return 0;
  },
};
