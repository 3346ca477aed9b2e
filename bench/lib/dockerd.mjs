import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * A dockerd for one run, everything of it below `dir` but its bridge. `{host, stop}`, or undefined where none is installed
 * or it does not answer within 30 s.
 */
export async function startDockerd(dir) {
  if (spawnSync('dockerd', ['--version']).status !== 0) return undefined;
  const socket = join(dir, 'docker.sock');
  mkdirSync(dir);
  const daemon = spawn(
    'dockerd',
    [
      ...['--data-root', join(dir, 'root'), '--exec-root', join(dir, 'exec')],
      ...['-H', `unix://${socket}`, '--pidfile', join(dir, 'pid')],
    ],
    { stdio: 'ignore' },
  );
  let ended = false;
  daemon.once('exit', () => {
    ended = true;
  });
  const stop = async () => {
    daemon.kill('SIGTERM');
    for (let tries = 0; tries < 200 && !ended; tries++) await sleep(50);
    spawnSync('ip', ['link', 'delete', 'docker0']);
  };
  for (let tries = 0; tries < 300 && !ended; tries++) {
    if (existsSync(socket) && spawnSync('docker', ['-H', `unix://${socket}`, 'version']).status === 0)
      return { host: `unix://${socket}`, stop };
    await sleep(100);
  }
  await stop();
  return undefined;
}
