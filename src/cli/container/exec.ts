import { type Command, flag } from '../arguments/command.ts';
import { createExec } from '../attach/exec-session.ts';
import { defaultDetachKeys, detachKeysFlag } from './attach/detach-keys.ts';
import { requireTerminal } from './attach/require-terminal.ts';
import { execFailureCode, exitCodes, withExitCode } from './attach/start-failure.ts';

export const command: Command = {
  name: 'exec',
  summary: 'Run a command in a running container',
  args: {
    usage: 'CONTAINER COMMAND [ARGS...]',
    min: 2,
    passThroughAfter: 1,
    flags: [
      { name: 'detach', short: 'd', type: 'boolean', summary: 'Run in the background' },
      detachKeysFlag,
      { name: 'env', short: 'e', type: 'strings', value: 'K=V', summary: 'Set an environment variable' },
      { name: 'interactive', short: 'i', type: 'boolean', summary: 'Connect standard input' },
      { name: 'privileged', type: 'boolean', summary: 'Give the command all privileges' },
      { name: 'tty', short: 't', type: 'boolean', summary: 'Give it a terminal' },
      { name: 'user', short: 'u', type: 'string', value: 'USER[:GROUP]', summary: 'User to run as' },
      { name: 'workdir', short: 'w', type: 'string', value: 'DIR', summary: 'Working directory' },
    ],
  },
  async run(args, ctx) {
    const [container = '', ...words] = args.positional;
    const detach = flag.bool(args, 'detach');
    if (!detach) requireTerminal(ctx, args);
    const client = await ctx.engine();
    const tty = flag.bool(args, 'tty');
    const stdin = flag.bool(args, 'interactive') && !detach;
    const environment = flag
      .list(args, 'env')
      .flatMap((entry) =>
        entry.includes('=') ? [entry] : ctx.env[entry] === undefined ? [] : [`${entry}=${ctx.env[entry]}`],
      );
    const run = await createExec(ctx, client, container, {
      words,
      tty,
      stdin,
      detach,
      privileged: flag.bool(args, 'privileged'),
      environment,
      user: flag.str(args, 'user'),
      workdir: flag.str(args, 'workdir'),
      detachKeys: flag.str(args, 'detach-keys') ?? defaultDetachKeys,
      consoleSize: ctx.stdout.isTTY === true ? [ctx.stdout.rows, ctx.stdout.columns] : undefined,
    });
    try {
      return await run();
    } catch (error) {
      const code = execFailureCode(error);
      throw code === exitCodes.engine ? error : withExitCode(error, code);
    }
  },
};
