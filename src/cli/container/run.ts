import { isBrokenConnection, tolerate } from '../../engine/client/api-failure.ts';
import type { EngineClient } from '../../engine/client/engine-client.ts';
import { type Command, flag, type ParsedArgs } from '../arguments/command.ts';
import { goOnAfterBreak } from '../attach/after-break.ts';
import { pipeStreams } from '../attach/pipe-streams.ts';
import type { CliContext } from '../context.ts';
import { defaultDetachKeys, detachKeysFlag } from './attach/detach-keys.ts';
import { proxySignals } from './attach/proxy-signals.ts';
import { requireTerminal } from './attach/require-terminal.ts';
import { exitCodes, startFailureCode, withExitCode } from './attach/start-failure.ts';
import { createFlags } from './create/create-flags.ts';
import { createFromArgs } from './create/create-from-args.ts';

export const command: Command = {
  name: 'run',
  summary: 'Create a container and run a command in it',
  args: {
    usage: 'IMAGE [COMMAND] [ARGS...]',
    min: 1,
    passThroughAfter: 1,
    flags: [
      ...createFlags,
      {
        name: 'detach',
        short: 'd',
        type: 'boolean',
        summary: "Run in the background and print the container's id",
      },
      detachKeysFlag,
      { name: 'sig-proxy', type: 'boolean', summary: 'Forward signals to the command (default true)' },
    ],
  },
  async run(args, ctx) {
    const detach = flag.bool(args, 'detach');
    if (!detach) requireTerminal(ctx, args);
    const client = await ctx.engine().catch((error) => {
      throw withExitCode(error, exitCodes.engine);
    });
    const id = await createFromArgs(ctx, client, args, !detach).catch((error) => {
      throw withExitCode(error, exitCodes.engine);
    });
    if (!detach) return runAttached(ctx, client, args, id);
    await start(client, id, flag.bool(args, 'rm'));
    ctx.write(`${id}\n`);
    return 0;
  },
};

/** Starts the container; if that fails and the container was to be removed anyway, it is removed. */
async function start(client: EngineClient, id: string, remove: boolean): Promise<void> {
  try {
    await client.containers.start(id);
  } catch (error) {
    const exitCode = await startFailureCode(client, id, error);
    if (remove) await client.containers.remove(id, { force: true, volumes: true }).catch(() => undefined);
    throw withExitCode(error, exitCode);
  }
}

async function runAttached(
  ctx: CliContext,
  client: EngineClient,
  args: ParsedArgs,
  id: string,
): Promise<number> {
  const tty = flag.bool(args, 'tty');
  const stdin = flag.bool(args, 'interactive');
  const remove = flag.bool(args, 'rm');
  const streams = flag.list(args, 'attach').map((name) => name.toLowerCase());
  const connection = await client.containers.attach(id, {
    stdin,
    stdout: streams.length === 0 || streams.includes('stdout'),
    stderr: streams.length === 0 || streams.includes('stderr'),
    ...(tty ? { detachKeys: flag.str(args, 'detach-keys') ?? defaultDetachKeys } : {}),
  });
  // The wait begins before the start, so that the exit code of a command that ends at once is not missed.
  const ended = client.containers.wait(id, 'next-exit');
  ended.catch(() => undefined);
  const release =
    flag.bool(args, 'sig-proxy', true) && !tty
      ? proxySignals((signal) => client.containers.kill(id, signal))
      : () => {};
  try {
    await start(client, id, remove);
    const received = await pipeStreams(ctx, connection, {
      tty,
      stdin,
      resize: (rows, columns) => client.containers.resize(id, rows, columns),
    });
    // With a terminal, the connection also ends when the detach keys were typed.
    if (tty && (await runsOn(client, id))) return 0;
    const code = await ended.then(
      ({ StatusCode }) => StatusCode,
      (failure) => {
        if (!isBrokenConnection(failure)) throw failure;
        const name = flag.str(args, 'name') ?? id.slice(0, 12);
        const shown = streams.length === 0 ? {} : { streams };
        return goOnAfterBreak(ctx, client, { id, name, tty, from: received, ...shown });
      },
    );
    if (remove) await tolerate(client.containers.wait(id, 'removed'), 404);
    return code;
  } finally {
    release();
    connection.socket.destroy();
  }
}

async function runsOn(client: EngineClient, id: string): Promise<boolean> {
  const found = await tolerate(client.containers.inspect(id), 404);
  return found?.State.Status === 'running';
}
