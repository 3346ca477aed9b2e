import { observeContainers } from '../../../project/observe.ts';
import { planStop } from '../../../project/plan-lifecycle/stop.ts';
import { type Command, flag } from '../../arguments/command.ts';
import { sharedFlags } from '../../arguments/flags.ts';
import { scopeOf, selectContainers } from '../../project.ts';
import { runPlan } from '../../run-plan.ts';
import { endBackground } from '../../watch/background/watchers.ts';

export const command: Command = {
  name: 'stop',
  summary: 'Stop services',
  args: { usage: '[SERVICE...]', flags: [sharedFlags.timeout] },
  async run(args, ctx) {
    const [scope, client] = await Promise.all([scopeOf(ctx), ctx.engine()]);
    if (!ctx.globals.dryRun && args.positional.length === 0) await endBackground(client, scope.name);
    const all = await observeContainers(client, scope.name);
    const containers = selectContainers(scope, all, args.positional, { enabled: true });
    const timeout = flag.num(args, 'timeout');
    await runPlan(ctx, planStop({ project: scope.project, containers, all, timeout }), {
      client,
      project: scope.name,
    });
    return 0;
  },
};
