import { setTimeout as sleep } from 'node:timers/promises';
import type { EngineStatus } from '../../engine/api/engine.ts';
import type { EngineClient } from '../../engine/client/engine-client.ts';
import { processRuns } from '../../engine/client/process-runs.ts';
import { TcomposeError } from '../../errors.ts';
import { type Command, flag } from '../arguments/command.ts';
import { runningEngine } from './own-engine.ts';

/** Longest wait for engine and keeper to end, milliseconds. */
const patience = 15_000;

export const command: Command = {
  name: 'stop',
  summary: 'Stop the engine; refused while containers run',
  args: {
    max: 0,
    flags: [
      {
        name: 'force',
        short: 'f',
        type: 'boolean',
        summary: 'Also while containers run: they go on, the next engine takes them over',
      },
    ],
  },
  async run(args, ctx) {
    const client = await runningEngine(ctx.env);
    if (client === undefined) {
      ctx.write('The engine does not run.\n');
      return 0;
    }
    const { running } = await stopEngine(client, flag.bool(args, 'force'));
    const left = running === 0 ? '' : `; ${running} ${running === 1 ? 'container goes' : 'containers go'} on`;
    ctx.write(`The engine has stopped${left}.\n`);
    return 0;
  },
};

/**
 * Asks the engine to end and waits until its keeper is gone too. @returns how many containers go on
 * @throws TcomposeError ENGINE_API when containers run and `force` is false
 */
export async function stopEngine(client: EngineClient, force: boolean): Promise<{ running: number }> {
  const status = await client.transport.json<EngineStatus>({ path: '/tcompose/status' });
  await client.transport.json<object>({ method: 'POST', path: '/tcompose/shutdown', json: { force } });
  client.close();
  const deadline = performance.now() + patience;
  while (processRuns(status.pid) || processRuns(status.keeperPid)) {
    if (performance.now() > deadline)
      throw new TcomposeError(
        'ENGINE_API',
        `the engine (pid ${status.pid}) was asked to end and still runs`,
        {
          hint: `Its log is ${status.paths.log}.`,
        },
      );
    await sleep(20);
  }
  return { running: status.containers.running + status.containers.paused };
}
