import { type Command, flag } from '../command.ts';
import { pipeStreams } from '../pipe-streams.ts';
import { detachKeysFlag, warnOfDetachKeys } from './detach-keys.ts';
import { requireTerminal } from './require-terminal.ts';
import { execFailureCode, exitCodes, withExitCode } from './start-failure.ts';

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
    warnOfDetachKeys(ctx, args);
    const [container = '', ...words] = args.positional;
    const detach = flag.bool(args, 'detach');
    if (!detach) requireTerminal(ctx, args);
    const client = await ctx.engine();
    const tty = flag.bool(args, 'tty');
    const stdin = flag.bool(args, 'interactive') && !detach;
    const user = flag.str(args, 'user');
    const workdir = flag.str(args, 'workdir');
    const environment = flag
      .list(args, 'env')
      .flatMap((entry) =>
        entry.includes('=') ? [entry] : ctx.env[entry] === undefined ? [] : [`${entry}=${ctx.env[entry]}`],
      );
    const exec = await client.exec.create(container, {
      Cmd: words,
      Tty: tty,
      AttachStdin: stdin,
      AttachStdout: !detach,
      AttachStderr: !detach,
      Privileged: flag.bool(args, 'privileged'),
      ...(environment.length === 0 ? {} : { Env: environment }),
      ...(user === undefined ? {} : { User: user }),
      ...(workdir === undefined ? {} : { WorkingDir: workdir }),
      ...(tty && ctx.stdout.isTTY === true ? { ConsoleSize: [ctx.stdout.rows, ctx.stdout.columns] } : {}),
    });
    try {
      if (detach) {
        await client.exec.startDetached(exec.Id, { tty });
        return 0;
      }
      await pipeStreams(ctx, await client.exec.start(exec.Id, { tty }), {
        tty,
        stdin,
        resize: (rows, columns) => client.exec.resize(exec.Id, rows, columns),
      });
    } catch (error) {
      const code = execFailureCode(error);
      throw code === exitCodes.engine ? error : withExitCode(error, code);
    }
    return (await client.exec.inspect(exec.Id)).ExitCode ?? 0;
  },
};
