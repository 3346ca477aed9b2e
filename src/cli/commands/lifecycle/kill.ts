import { composeWords } from '../../../compose-words.ts';
import { observeContainers } from '../../../project/observe.ts';
import { isOrphan } from '../../../project/observed.ts';
import { planKill } from '../../../project/plan-lifecycle/signal.ts';
import { type Command, flag } from '../../arguments/command.ts';
import { sharedFlags } from '../../arguments/flags.ts';
import { checkSignal } from '../../arguments/signals.ts';
import { scopeOf, selectContainers } from '../../project.ts';
import { runPlan } from '../../run-plan.ts';

export const command: Command = {
  name: 'kill',
  summary: 'Send a signal to service containers, SIGKILL by default',
  args: {
    usage: '[SERVICE...]',
    flags: [
      sharedFlags.removeOrphans,
      { name: 'signal', short: 's', type: 'string', value: 'SIGNAL', summary: 'Signal to send' },
    ],
  },
  async run(args, ctx) {
    const signal = flag.str(args, 'signal') ?? 'SIGKILL';
    checkSignal(signal);
    const [scope, client] = await Promise.all([scopeOf(ctx), ctx.engine()]);
    const all = await observeContainers(client, scope.name);
    const chosen = selectContainers(scope, all, args.positional, { oneoff: true, enabled: true });
    const orphans = flag.bool(args, 'remove-orphans')
      ? all.filter((one) => isOrphan(scope.project, one))
      : [];
    const containers = [...new Set([...chosen, ...orphans])];
    const plan = planKill({ project: scope.project, containers }, signal);
    if (plan.steps.length === 0) ctx.warn(composeWords.nothingToKill);
    await runPlan(ctx, plan, { client, project: scope.name });
    return 0;
  },
};
