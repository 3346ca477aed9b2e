import { setTimeout as sleep } from 'node:timers/promises';
import type { EngineStatus, ShutdownRequest } from '../../engine/api/engine.ts';
import type { EngineClient } from '../../engine/client/engine-client.ts';
import { processRuns } from '../../engine/client/process-runs.ts';
import { TcomposeError } from '../../errors.ts';
import { type Command, flag } from '../arguments/command.ts';
import { runningEngine } from './own-engine.ts';

/** Longest wait for engine and keeper to end, in milliseconds. */
const patience = 15_000;

export const command: Command = {
  name: 'stop',
  summary: 'Stop the engine; refused while containers run, unless an option says what happens to them',
  args: {
    max: 0,
    flags: [
      {
        name: 'force',
        short: 'f',
        type: 'boolean',
        summary: 'Stop even while containers run: they keep running, and the next engine takes them over',
      },
      {
        name: 'containers',
        type: 'boolean',
        summary: 'Stop the containers first; restart policies start theirs again with the next engine',
      },
    ],
  },
  async run(args, ctx) {
    const client = await runningEngine(ctx.env);
    if (client === undefined) {
      ctx.write('The engine does not run.\n');
      return 0;
    }
    const containers = flag.bool(args, 'containers');
    const { running } = await stopEngine(client, { force: flag.bool(args, 'force'), containers });
    if (containers) {
      ctx.write(`The engine has stopped, after ${running} ${running === 1 ? 'container' : 'containers'}.\n`);
      return 0;
    }
    const left =
      running === 0 ? '' : `; ${running} ${running === 1 ? 'container keeps' : 'containers keep'} running`;
    ctx.write(`The engine has stopped${left}.\n`);
    return 0;
  },
};

/**
 * Asks the engine to end and waits until its keeper is gone too. @returns how many containers were running: they keep
 * running, or were stopped with `containers`
 * @throws TcomposeError ENGINE_API when containers run and neither `force` nor `containers` is set
 */
export async function stopEngine(
  client: EngineClient,
  how: ShutdownRequest,
): Promise<{ readonly running: number }> {
  const status = await client.transport.json<EngineStatus>({ path: '/tcompose/status' });
  await client.transport.json<object>({ method: 'POST', path: '/tcompose/shutdown', json: how });
  client.close();
  const deadline = performance.now() + patience;
  while (processRuns(status.pid) || processRuns(status.keeperPid)) {
    if (performance.now() > deadline)
      throw new TcomposeError(
        'ENGINE_API',
        `the engine (pid ${status.pid}) was asked to stop and still runs`,
        {
          hint: `Its log is ${status.paths.log}.`,
        },
      );
    await sleep(20);
  }
  return { running: status.containers.running + status.containers.paused };
}
