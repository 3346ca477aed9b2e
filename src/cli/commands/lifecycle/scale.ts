import { composeWords } from '../../../compose-words.ts';
import { TcomposeError } from '../../../errors.ts';
import { planUp } from '../../../project/plan-up/index.ts';
import { type Command, flag } from '../../arguments/command.ts';
import { sharedFlags } from '../../arguments/flags.ts';
import { observeWithImages } from '../../fetch-images.ts';
import { loadForCommand } from '../../project.ts';
import { checkPlan, runPlan } from '../../run-plan.ts';
import { parseScales, upOptions, withScales } from '../../up-options.ts';

export const command: Command = {
  name: 'scale',
  summary: 'Change the number of containers of services',
  args: { usage: 'SERVICE=N...', min: 1, flags: [sharedFlags.adopt, sharedFlags.noDeps] },
  async run(args, ctx) {
    const scales = parseScales(args.positional, composeWords.notAScale);
    for (const name of scales.keys())
      if (name === '') throw new TcomposeError('CLI_USAGE', 'a scale is written SERVICE=N');
    const names = [...scales.keys()];
    const [loaded, client] = await Promise.all([
      loadForCommand(ctx, names, { noDeps: flag.bool(args, 'no-deps') }),
      ctx.engine(),
    ]);
    const project = withScales(loaded, scales);
    const options = upOptions(args, ctx, new Set(names), { start: true, wait: false });
    const { observed, images } = await observeWithImages(ctx, client, project, options.images, args);
    const plan = planUp(project, observed, {
      ...options,
      images,
      recreate: 'never',
      recreateDependencies: 'never',
      ignoreOrphans: true,
    });
    await checkPlan(ctx, client, project, plan);
    await runPlan(ctx, plan, { client, project: project.name });
    return 0;
  },
};
