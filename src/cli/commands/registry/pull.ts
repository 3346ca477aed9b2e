import { planPull } from '../../../project/images/plan-pull.ts';
import { inspectedImages } from '../../../project/images/wanted-images.ts';
import { observe } from '../../../project/observe.ts';
import { type Command, flag } from '../../arguments/command.ts';
import { loadForCommand } from '../../project.ts';
import { runPlan } from '../../run-plan.ts';
import { tellUnusedImages } from '../../unused-images.ts';
import { imageOptions } from '../../up-options.ts';

export const command: Command = {
  name: 'pull',
  summary: 'Pull service images',
  args: {
    usage: '[SERVICE...]',
    flags: [
      { name: 'ignore-buildable', type: 'boolean', summary: 'Leave out images that can be built' },
      {
        name: 'ignore-pull-failures',
        type: 'boolean',
        summary: 'Pull what can be pulled; what cannot be is a warning',
      },
      { name: 'include-deps', type: 'boolean', summary: 'Also images of services that they depend on' },
      {
        name: 'policy',
        type: 'string',
        choices: ['missing', 'always'],
        value: 'POLICY',
        summary: 'Pull policy for all: missing, always',
      },
      { name: 'quiet', short: 'q', type: 'boolean', summary: 'Show only the result' },
      { name: 'parallel', type: 'boolean', hidden: true, summary: 'Accepted for compatibility' },
      { name: 'no-parallel', type: 'boolean', hidden: true, summary: 'Accepted for compatibility' },
    ],
  },
  async run(args, ctx) {
    const noDeps = args.positional.length > 0 && !flag.bool(args, 'include-deps');
    const [project, client] = await Promise.all([
      loadForCommand(ctx, args.positional, { noDeps, createsNothing: true }),
      ctx.engine(),
    ]);
    const pull = flag.str(args, 'policy');
    const images = {
      ...imageOptions(args, ctx),
      ...(pull === undefined ? {} : { pull }),
      quiet: flag.bool(args, 'quiet'),
    };
    const observed = await observe(client, project.name, {
      images: true,
      inspectedImages: inspectedImages(project, pull, images.defaultPlatform),
    });
    const plan = planPull(project, observed, {
      ...images,
      ignoreBuildable: flag.bool(args, 'ignore-buildable'),
      ignoreFailures: flag.bool(args, 'ignore-pull-failures'),
    });
    await runPlan(ctx, plan, { client, project: project.name });
    if (plan.steps.length > 0 && !ctx.globals.dryRun) await tellUnusedImages(ctx, client);
    return 0;
  },
};
