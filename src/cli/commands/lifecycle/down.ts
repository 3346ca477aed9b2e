import { composeWords } from '../../../compose-words.ts';
import { observe } from '../../../project/observe.ts';
import { planDown } from '../../../project/plan-down.ts';
import { type Command, flag } from '../../arguments/command.ts';
import { isTruthy } from '../../arguments/environment.ts';
import { sharedFlags } from '../../arguments/flags.ts';
import { knownServices, matchServices, scopeOf } from '../../project.ts';
import { prepareRun, runPlan } from '../../run-plan.ts';
import { refuseSameName } from '../../same-name.ts';
import { endBackground } from '../../watch/background/watchers.ts';

export const command: Command = {
  name: 'down',
  summary: 'Stop and remove containers and networks',
  args: {
    usage: '[SERVICE...]',
    flags: [
      sharedFlags.adopt,
      sharedFlags.removeOrphans,
      {
        name: 'rmi',
        type: 'string',
        choices: ['local', 'all'],
        summary: 'Remove images, too: local (only built ones) or all',
      },
      sharedFlags.timeout,
      {
        name: 'volumes',
        short: 'v',
        aliases: ['volume'],
        type: 'boolean',
        summary: 'Remove named volumes of the compose file and anonymous volumes, too',
      },
    ],
  },
  async run(args, ctx) {
    const [scope, client] = await Promise.all([scopeOf(ctx), ctx.engine()]);
    const { project, name } = scope;
    if (!ctx.globals.dryRun && args.positional.length === 0) await endBackground(client, name);
    const volumes = flag.bool(args, 'volumes');
    const images = (flag.str(args, 'rmi') ?? 'none') as 'none' | 'local' | 'all';
    const observing = observe(client, name, {
      ...(volumes && project !== undefined
        ? { volumes: Object.values(project.volumes).flatMap(({ name: own }) => (own === '' ? [] : [own])) }
        : {}),
      labelledVolumes: volumes && project === undefined,
      images: images !== 'none',
    });
    const [observed] = await Promise.all([observing, prepareRun(ctx)]);
    if (project !== undefined) await refuseSameName(args, project, observed.containers);
    const plan = planDown(name, project, observed, {
      ...(args.positional.length === 0
        ? {}
        : { services: matchServices(knownServices(scope, observed.containers), args.positional) }),
      volumes,
      images,
      everything: scope.byName,
      removeOrphans: flag.bool(args, 'remove-orphans') || isTruthy(ctx.env.COMPOSE_REMOVE_ORPHANS),
      ignoreOrphans: isTruthy(ctx.env.COMPOSE_IGNORE_ORPHANS),
      timeout: flag.num(args, 'timeout'),
    });
    if (plan.steps.length === 0 && !ctx.globals.dryRun) {
      for (const warning of plan.warnings) ctx.warn(warning);
      ctx.warn(composeWords.nothingToRemove(name));
      return 0;
    }
    await runPlan(ctx, plan, { client, project: name });
    return 0;
  },
};
