import type { EngineStatus } from '../../engine/api/engine.ts';
import { humanDuration } from '../../human-duration.ts';
import { type Command, flag } from '../arguments/command.ts';
import { ownEnginePaths, runningEngine } from './own-engine.ts';

export const command: Command = {
  name: 'status',
  summary: 'Show whether the engine runs, and what it manages; exit code 1 when it does not run',
  args: { max: 0, flags: [{ name: 'json', type: 'boolean', summary: 'As JSON' }] },
  async run(args, ctx) {
    const { socket, log, lib, run } = ownEnginePaths(ctx.env);
    const client = await runningEngine(ctx.env);
    if (client === undefined) {
      const paths = { lib, run, socket, log };
      if (flag.bool(args, 'json')) ctx.write(`${JSON.stringify({ running: false, paths })}\n`);
      else ctx.write(`The engine does not run; commands that need it start it.\nsocket      ${socket}\n`);
      return 1;
    }
    const status = await client.transport.json<EngineStatus>({ path: '/tcompose/status' });
    client.close();
    ctx.write(
      flag.bool(args, 'json') ? `${JSON.stringify({ running: true, ...status })}\n` : statusText(status),
    );
    return 0;
  },
};

/** The status for people, one fact per line. */
function statusText(status: EngineStatus): string {
  const { containers, paths } = status;
  const paused = containers.paused === 0 ? '' : `, ${containers.paused} paused`;
  const idle = status.idleAfterSeconds === 0 ? 'never' : `after ${status.idleAfterSeconds} s without work`;
  const lines: readonly [string, string][] = [
    ['version', status.version],
    ['engine', `pid ${status.pid}, up ${humanDuration(status.uptimeSeconds * 1000).toLowerCase()}`],
    ['keeper', `pid ${status.keeperPid}`],
    ['instance', status.instance],
    ['containers', `${containers.total}, ${containers.running} running${paused}`],
    // An engine of an older version does not report them.
    ['runtimes', (status.runtimes ?? ['tcompose']).join(', ')],
    ['images', String(status.images)],
    ['networks', String(status.networks)],
    ['volumes', String(status.volumes)],
    ['streams', String(status.openStreams)],
    ['ends', idle],
    ['state', paths.lib],
    ['socket', paths.socket],
    ['log', paths.log],
    ...(status.damaged ?? []).map(
      ({ file, why, remedy }) => ['damaged', `${file}: ${why}. ${remedy}`] as [string, string],
    ),
  ];
  return lines.map(([name, value]) => `${name.padEnd(12)}${value}\n`).join('');
}
