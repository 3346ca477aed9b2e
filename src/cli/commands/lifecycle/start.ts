import { TcomposeError } from '../../../errors.ts';
import { observeContainers } from '../../../project/observe.ts';
import { planStart } from '../../../project/plan-lifecycle.ts';
import { type Command, flag } from '../../arguments/command.ts';
import { scopeOf, selectContainers } from '../../project.ts';
import { checkPlan, runPlan } from '../../run-plan.ts';

export const command: Command = {
  name: 'start',
  summary: 'Start services whose containers exist',
  args: {
    usage: '[SERVICE...]',
    flags: [
      { name: 'wait', type: 'boolean', summary: 'Wait until services are running or healthy' },
      { name: 'wait-timeout', type: 'number', value: 'SECONDS', summary: 'Longest time to wait for that' },
    ],
  },
  async run(args, ctx) {
    const [scope, client] = await Promise.all([scopeOf(ctx), ctx.engine()]);
    const containers = selectContainers(scope, await observeContainers(client, scope.name), args.positional);
    for (const service of args.positional)
      if (!containers.some((container) => container.service === service) && !/[*?[]/.test(service))
        throw new TcomposeError('PROJECT_SERVICE_UNKNOWN', `service ${service} has no container to start`, {
          hint: `Create it with \`tcompose up -d ${service}\`.`,
        });
    if (containers.length === 0)
      throw new TcomposeError('PROJECT_SERVICE_UNKNOWN', `project ${scope.name} has no container to start`, {
        hint: 'Create them with `tcompose up -d`.',
      });
    const wait = flag.bool(args, 'wait');
    const plan = planStart({ project: scope.project, containers }, { wait });
    await checkPlan(ctx, client, scope.project, plan);
    await runPlan(ctx, plan, {
      client,
      project: scope.name,
      readyWithin: wait ? flag.num(args, 'wait-timeout') : undefined,
    });
    return 0;
  },
};
