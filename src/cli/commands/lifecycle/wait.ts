import { composeWords } from '../../../compose-words.ts';
import { TcomposeError } from '../../../errors.ts';
import { observe, observeContainers } from '../../../project/observe.ts';
import { isUp } from '../../../project/observed.ts';
import { planDown } from '../../../project/plan-down.ts';
import { type Command, flag } from '../../arguments/command.ts';
import { knownServices, scopeOf, selectContainers } from '../../project.ts';
import { runPlan } from '../../run-plan.ts';

export const command: Command = {
  name: 'wait',
  summary: 'Wait until containers of services stop; exits with the first code that is not 0',
  args: {
    usage: 'SERVICE [SERVICE...]',
    min: 1,
    flags: [
      {
        name: 'down-project',
        type: 'boolean',
        summary: 'Take the project down when the first container stops',
      },
    ],
  },
  async run(args, ctx) {
    const [scope, client] = await Promise.all([scopeOf(ctx), ctx.engine()]);
    const all = await observeContainers(client, scope.name);
    const known = knownServices(scope, all);
    const none = composeWords.noContainersToWaitFor(scope.name);
    for (const service of args.positional)
      if (!known.includes(service) && !/[*?[]/.test(service))
        throw new TcomposeError('PROJECT_SERVICE_UNKNOWN', `${none}: no such service: ${service}`, {
          hint: `The services are: ${[...known].sort().join(', ')}.`,
        });
    const containers = selectContainers(scope, all, args.positional);
    if (!containers.some(isUp))
      throw new TcomposeError(
        'PROJECT_SERVICE_UNKNOWN',
        `${none}: none of ${args.positional.join(', ')} runs`,
        {
          hint: 'Start it first with `tcompose up -d`.',
        },
      );
    const waits = containers.map(async (container) => {
      const { StatusCode } = await client.containers.wait(container.id);
      ctx.write(`container "${container.name}" exited with status code ${StatusCode}\n`);
      return StatusCode;
    });
    if (!flag.bool(args, 'down-project')) return (await Promise.all(waits)).find((code) => code !== 0) ?? 0;
    const code = await Promise.race(waits);
    const observed = await observe(client, scope.name);
    const options = {
      everything: scope.byName,
      volumes: false,
      removeOrphans: false,
      ignoreOrphans: true,
      images: 'none',
      timeout: undefined,
    } as const;
    await runPlan(ctx, planDown(scope.name, scope.project, observed, options), {
      client,
      project: scope.name,
    });
    return code;
  },
};
