import { composeWords } from '../../../compose-words.ts';
import { TcomposeError } from '../../../errors.ts';
import { observeContainers } from '../../../project/observe.ts';
import { planRemove } from '../../../project/plan-lifecycle/stop.ts';
import { type Command, flag } from '../../arguments/command.ts';
import { scopeOf, selectContainers } from '../../project.ts';
import { confirm } from '../../render/confirm.ts';
import { runPlan } from '../../run-plan.ts';

export const command: Command = {
  name: 'rm',
  summary: 'Remove stopped service containers',
  args: {
    usage: '[SERVICE...]',
    flags: [
      { name: 'all', short: 'a', type: 'boolean', hidden: true, summary: 'Has no effect' },
      { name: 'force', short: 'f', type: 'boolean', summary: 'Do not ask' },
      { name: 'stop', short: 's', type: 'boolean', summary: 'Stop containers first' },
      { name: 'volumes', short: 'v', type: 'boolean', summary: 'Remove their anonymous volumes, too' },
    ],
  },
  async run(args, ctx) {
    const [scope, client] = await Promise.all([scopeOf(ctx), ctx.engine()]);
    const all = await observeContainers(client, scope.name);
    const containers = selectContainers(scope, all, args.positional, { enabled: true });
    const plan = planRemove(
      { project: scope.project, containers },
      { stop: flag.bool(args, 'stop'), volumes: flag.bool(args, 'volumes') },
    );
    const names = plan.steps.flatMap(({ operation }) =>
      operation.kind === 'remove-container' ? [operation.container] : [],
    );
    if (names.length === 0) {
      ctx.warn(composeWords.nothingStopped);
      return 0;
    }
    if (!flag.bool(args, 'force') && !ctx.globals.dryRun) {
      if (ctx.stdin.isTTY !== true)
        throw new TcomposeError(
          'CLI_USAGE',
          `not asked whether to remove ${names.join(', ')}: there is no terminal`,
          {
            hint: 'Use --force to remove without a question.',
          },
        );
      ctx.stderr.write(`Going to remove ${names.join(', ')}\n`);
      if (!(await confirm(ctx, 'Are you sure?'))) return 0;
    }
    await runPlan(ctx, plan, { client, project: scope.name });
    return 0;
  },
};
