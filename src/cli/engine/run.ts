import { statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EngineStatus } from '../../engine/api/engine.ts';
import { connectEngine } from '../../engine/client/connect.ts';
import type { EngineClient } from '../../engine/client/engine-client.ts';
import type { EnginePaths } from '../../engine/client/engine-paths.ts';
import { accepts, awaitEngine } from '../../engine/client/start-engine.ts';
import { TcomposeError } from '../../errors.ts';
import { type Command, flag } from '../arguments/command.ts';
import type { CliContext } from '../context.ts';
import { followFile } from './follow-file.ts';
import { ownEnginePaths, runningEngine } from './own-engine.ts';
import { stopEngine } from './stop.ts';

export const command: Command = {
  name: 'run',
  summary: 'Run the engine in the foreground, with its log; Ctrl-C stops it, containers keep running',
  args: {
    max: 0,
    flags: [
      { name: 'join', type: 'boolean', summary: 'Follow an engine that runs already, and keep it running' },
    ],
  },
  async run(args, ctx) {
    const paths = ownEnginePaths(ctx.env);
    const running = await runningEngine(ctx.env);
    if (running !== undefined && flag.bool(args, 'join')) running.close();
    else if (running !== undefined) {
      const { pid } = await running.transport.json<EngineStatus>({ path: '/tcompose/status' });
      running.close();
      throw new TcomposeError(
        'ENGINE_LOCKED',
        `an engine serves ${paths.socket} already, as process ${pid}`,
        {
          hint: 'See `tcompose engine status`, `tcompose engine logs -f`, `tcompose engine stop`; another engine needs another TCOMPOSE_ROOT.',
        },
      );
    }
    const before = statSync(paths.log, { throwIfNoEntry: false })?.size ?? 0;
    const client = await connectEngine(ctx.env);
    const status = await client.transport.json<EngineStatus>({ path: '/tcompose/status' });
    const stop = new AbortController();
    const asked = new Promise<'asked'>((resolve) => ctx.onInterrupt(() => resolve('asked')));
    ctx.write(`engine ${status.version} (pid ${status.pid}) serves ${status.paths.socket}\n`);
    const showing = showLog(ctx, paths.log, before, stop.signal);
    const why = await Promise.race([asked, untilGone(client, paths.socket, stop.signal)]);
    if (why === 'asked') {
      const running = await endIfThere(ctx, paths);
      ctx.write(`The engine has stopped${running === 0 ? '' : `; containers that go on: ${running}`}.\n`);
    }
    stop.abort();
    await showing;
    client.close();
    return 0;
  },
};

async function showLog(ctx: CliContext, path: string, from: number, signal: AbortSignal): Promise<void> {
  for await (const part of followFile(path, from, signal)) ctx.write(part.toString('utf8'));
}

/**
 * Ends the engine. An engine that has ended already, for example through the stop command of a service, is not started
 * again for this.
 * @returns how many containers go on
 */
async function endIfThere(ctx: CliContext, paths: EnginePaths): Promise<number> {
  try {
    // It may have crashed, and its keeper may be restarting it.
    await awaitEngine(paths);
  } catch {
    return 0;
  }
  const client = await runningEngine(ctx.env);
  return client === undefined ? 0 : (await stopEngine(client, { force: true })).running;
}

/**
 * Resolves when the engine has ended and its keeper does not restart it. The open stream keeps the engine from becoming
 * idle.
 */
async function untilGone(client: EngineClient, socket: string, signal: AbortSignal): Promise<'gone'> {
  while (!signal.aborted) {
    try {
      const answer = await client.transport.send({ path: '/events', signal, resumes: true });
      for await (const _event of answer);
    } catch {
      // It ended; whether it is restarted is determined below.
    }
    let back = false;
    for (let tries = 0; tries < 20 && !back && !signal.aborted; tries++) {
      await sleep(100);
      back = await accepts(socket);
    }
    if (!back) break;
  }
  return 'gone';
}
