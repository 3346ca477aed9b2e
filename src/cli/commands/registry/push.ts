import { planPush } from '../../../project/images/plan-push.ts';
import { type Command, flag } from '../../arguments/command.ts';
import { loadForCommand } from '../../project.ts';
import { runPlan } from '../../run-plan.ts';

export const command: Command = {
  name: 'push',
  summary: 'Push service images',
  args: {
    usage: '[SERVICE...]',
    flags: [
      {
        name: 'ignore-push-failures',
        type: 'boolean',
        summary: 'Push what can be pushed; what cannot be is a warning',
      },
      { name: 'include-deps', type: 'boolean', summary: 'Also images of services that they depend on' },
      { name: 'quiet', short: 'q', type: 'boolean', summary: 'Show only the result' },
    ],
  },
  async run(args, ctx) {
    const noDeps = args.positional.length > 0 && !flag.bool(args, 'include-deps');
    const [project, client] = await Promise.all([
      loadForCommand(ctx, args.positional, { noDeps, createsNothing: true }),
      ctx.engine(),
    ]);
    const plan = planPush(project, {
      quiet: flag.bool(args, 'quiet'),
      ignoreFailures: flag.bool(args, 'ignore-push-failures'),
    });
    await runPlan(ctx, plan, { client, project: project.name });
    return 0;
  },
};
