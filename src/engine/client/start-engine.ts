import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { TcomposeError } from '../../errors.ts';
import { type EnginePaths, engineProgram } from './engine-paths.ts';

/** Longest wait for a fresh engine's socket, milliseconds. */
const START_DEADLINE = 15_000;

/** Whether something accepts connections on a unix socket. */
export function accepts(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/**
 * Starts the keeper, which starts the engine, and waits until its socket accepts. Several callers may do this at once:
 * one keeper wins the lock, the others end by themselves.
 * @throws TcomposeError CLI_NOT_ROOT, ENGINE_START_FAILED (with the last lines of the engine's log).
 */
export async function startEngine(paths: EnginePaths): Promise<void> {
  if (process.getuid?.() !== 0)
    throw new TcomposeError(
      'CLI_NOT_ROOT',
      'containers need root on this machine, and this user is not root',
      {
        hint: 'Run the command with sudo, or set DOCKER_HOST to an engine you may use.',
      },
    );
  const program = engineProgram();
  const logBefore = readLog(paths.log).length;
  try {
    mkdirSync(paths.run, { recursive: true, mode: 0o711 });
    mkdirSync(paths.lib, { recursive: true, mode: 0o711 });
  } catch (error) {
    throw new TcomposeError(
      'ENGINE_START_FAILED',
      `the engine's directories cannot be made: ${(error as Error).message}`,
      { cause: error, hint: 'Set TCOMPOSE_ROOT to a directory this user may write.' },
    );
  }
  const keeper = spawn(
    program.shim,
    ['keeper', '--engine', process.execPath, program.engine, '--lib', paths.lib, '--run', paths.run],
    { detached: true, stdio: 'ignore', cwd: '/' },
  );
  let ended: string | undefined;
  keeper.once('error', (error) => {
    ended = `${program.shim} cannot be run: ${error.message}`;
  });
  keeper.once('exit', (code, signal) => {
    ended = `its keeper ended with ${signal ?? `code ${code}`}`;
  });
  keeper.unref();
  const deadline = performance.now() + START_DEADLINE;
  for (let pause = 5; ; pause = Math.min(pause * 1.5, 100)) {
    if (await accepts(paths.socket)) return;
    const late = performance.now() > deadline;
    if (ended !== undefined || late) {
      // The other keeper of a race may need a moment more than ours needed to lose it.
      if (!late && (await soonAccepts(paths.socket))) return;
      throw startFailed(
        ended ?? `it did not open its socket within ${START_DEADLINE / 1000} s`,
        paths,
        logBefore,
      );
    }
    await sleep(pause);
  }
}

async function soonAccepts(socket: string): Promise<boolean> {
  for (let tries = 0; tries < 20; tries++) {
    if (await accepts(socket)) return true;
    await sleep(100);
  }
  return false;
}

function readLog(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function startFailed(why: string, paths: EnginePaths, logBefore: number): TcomposeError {
  const log = readLog(paths.log);
  const fresh = (log.length > logBefore ? log.slice(logBefore) : log).trimEnd();
  const lines = fresh.split('\n').filter(Boolean).slice(-8);
  const quoted =
    lines.length === 0
      ? ''
      : `; the last lines of its log:\n${lines.map((line) => `    ${line}`).join('\n')}`;
  return new TcomposeError('ENGINE_START_FAILED', `the engine does not start: ${why}${quoted}`, {
    hint: `The whole log is ${paths.log}.`,
  });
}
