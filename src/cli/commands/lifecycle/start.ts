import { composeWords } from '../../../compose-words.ts';
import { TcomposeError } from '../../../errors.ts';
import { dependenciesOf, withDependencies } from '../../../project/dependencies.ts';
import { observeContainers } from '../../../project/observe.ts';
import { planStart } from '../../../project/plan-lifecycle/start.ts';
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
    const all = (await observeContainers(client, scope.name)).filter((container) => !container.oneoff);
    const named = selectContainers(scope, all, args.positional, { enabled: true });
    for (const service of args.positional)
      if (!named.some((container) => container.service === service) && !/[*?[]/.test(service))
        throw new TcomposeError('PROJECT_SERVICE_UNKNOWN', composeWords.nothingToStart(service), {
          hint: `Create it with \`tcompose up -d ${service}\`.`,
        });
    if (named.length === 0)
      throw new TcomposeError('PROJECT_SERVICE_UNKNOWN', composeWords.noContainer(scope.name), {
        hint: 'Create and start its containers with `tcompose up -d`.',
      });
    const services = withDependencies(
      dependenciesOf(scope.project, all),
      named.map((container) => container.service),
    );
    const containers = all.filter((container) => services.has(container.service));
    const wait = flag.bool(args, 'wait');
    const plan = planStart({ project: scope.project, containers, all }, { wait });
    await checkPlan(ctx, client, scope.project, plan);
    await runPlan(ctx, plan, {
      client,
      project: scope.name,
      readyWithin: wait ? flag.num(args, 'wait-timeout') : undefined,
    });
    return 0;
  },
};
