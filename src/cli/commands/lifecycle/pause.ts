import { observeContainers } from '../../../project/observe.ts';
import { planPause } from '../../../project/plan-lifecycle/signal.ts';
import type { Command } from '../../arguments/command.ts';
import { scopeOf, selectContainers } from '../../project.ts';
import { runPlan } from '../../run-plan.ts';

export const command: Command = {
  name: 'pause',
  summary: 'Pause services',
  args: { usage: '[SERVICE...]', flags: [] },
  async run(args, ctx) {
    const [scope, client] = await Promise.all([scopeOf(ctx), ctx.engine()]);
    const containers = selectContainers(scope, await observeContainers(client, scope.name), args.positional, {
      enabled: true,
    });
    await runPlan(ctx, planPause({ project: scope.project, containers }, true), {
      client,
      project: scope.name,
    });
    return 0;
  },
};
