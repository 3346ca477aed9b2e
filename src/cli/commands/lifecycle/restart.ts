import { dependenciesOf, withRestartedAlong } from '../../../project/dependencies.ts';
import { observeContainers } from '../../../project/observe.ts';
import { planRestart } from '../../../project/plan-lifecycle/restart.ts';
import { type Command, flag } from '../../arguments/command.ts';
import { sharedFlags } from '../../arguments/flags.ts';
import { scopeOf, selectContainers } from '../../project.ts';
import { checkPlan, runPlan } from '../../run-plan.ts';

export const command: Command = {
  name: 'restart',
  summary: 'Restart service containers',
  args: { usage: '[SERVICE...]', flags: [sharedFlags.noDeps, sharedFlags.timeout] },
  async run(args, ctx) {
    const [scope, client] = await Promise.all([scopeOf(ctx), ctx.engine()]);
    const all = await observeContainers(client, scope.name);
    const named = selectContainers(scope, all, args.positional, { enabled: true });
    const names = new Set(named.map((container) => container.service));
    const noDeps = flag.bool(args, 'no-deps');
    const along = noDeps ? names : withRestartedAlong(dependenciesOf(scope.project, all), names);
    const ours = all.filter((container) => !container.oneoff);
    const plan = planRestart(
      {
        project: scope.project,
        containers: ours.filter((container) => along.has(container.service)),
        all: ours,
        timeout: flag.num(args, 'timeout'),
      },
      { conditions: !noDeps },
    );
    await checkPlan(ctx, client, scope.project, plan);
    await runPlan(ctx, plan, { client, project: scope.name });
    return 0;
  },
};
