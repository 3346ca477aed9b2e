import { observeContainers } from '../../../project/observe.ts';
import { type Command, flag } from '../../arguments/command.ts';
import { sharedFlags } from '../../arguments/flags.ts';
import { createExec } from '../../attach/exec-session.ts';
import { scopeOf, theRunningContainer } from '../../project.ts';

export const command: Command = {
  name: 'exec',
  summary: 'Run a command in a running container',
  args: {
    usage: 'SERVICE COMMAND [ARGS...]',
    min: 2,
    passThroughAfter: 1,
    flags: [
      { name: 'detach', short: 'd', type: 'boolean', summary: 'Run the command in the background' },
      { name: 'env', short: 'e', type: 'strings', value: 'K=V', summary: 'Set an environment variable' },
      sharedFlags.index,
      { name: 'interactive', short: 'i', type: 'boolean', hidden: true, summary: 'Keep standard input open' },
      {
        name: 'no-tty',
        short: 'T',
        aliases: ['no-TTY'],
        type: 'boolean',
        summary: 'No terminal for the command',
      },
      { name: 'privileged', type: 'boolean', summary: 'Give the command all privileges' },
      { name: 'tty', short: 't', type: 'boolean', hidden: true, summary: 'A terminal for the command' },
      { name: 'user', short: 'u', type: 'string', value: 'USER', summary: 'User to run as' },
      { name: 'workdir', short: 'w', type: 'string', value: 'DIR', summary: 'Working directory' },
    ],
  },
  async run(args, ctx) {
    const [service = '', ...words] = args.positional;
    const [scope, client] = await Promise.all([scopeOf(ctx), ctx.engine()]);
    const container = theRunningContainer(
      scope,
      await observeContainers(client, scope.name),
      service,
      flag.num(args, 'index'),
    );
    const detach = flag.bool(args, 'detach');
    const interactive = flag.bool(args, 'interactive', true) && !detach;
    const terminal = ctx.stdout.isTTY === true && ctx.stdin.isTTY === true;
    const tty = !flag.bool(args, 'no-tty') && flag.bool(args, 'tty', true) && terminal;
    // Just a name means this process's value; if that is not set, the engine takes the variable away.
    const environment = flag.list(args, 'env').map((entry) => {
      const value = entry.includes('=') ? undefined : ctx.env[entry];
      return value === undefined ? entry : `${entry}=${value}`;
    });
    const run = await createExec(ctx, client, container.id, {
      words,
      tty,
      stdin: interactive,
      detach,
      privileged: flag.bool(args, 'privileged'),
      environment,
      user: flag.str(args, 'user'),
      workdir: flag.str(args, 'workdir'),
      consoleSize: [ctx.stdout.rows ?? 24, ctx.stdout.columns ?? 80],
    });
    return run();
  },
};
