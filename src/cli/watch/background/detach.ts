import { type ChildProcess, spawn } from 'node:child_process';
import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TcomposeError } from '../../../errors.ts';
import type { CliContext } from '../../context.ts';
import type { WatchSession } from '../session/session.ts';
import type { BeforeStart } from '../session/session-options.ts';
import { backgroundMarker } from './is-background.ts';

/** Bytes of output that are kept; beyond that it starts over. */
const mostOutput = 1024 * 1024;
/** Milliseconds between two checks of its size. */
const lookEvery = 5000;

/** The notice about a process that was left in the background. */
export const inBackground = (pid: number): string =>
  `Watching in the background (process ${pid}): \`tcompose watch --stop\`, \`stop\` and \`down\` end it\n`;

type Word = 'open' | 'begin' | 'begun';
/** A container that is about to be started; the other process answers with its id when it may be. */
interface Prepare {
  readonly prepare: { readonly id: string; readonly service: string };
}

/**
 * Starts another process that watches, runs `between` once that process can fill containers before they start, and
 * leaves it when it acts on changes. It is in a session of its own, and its output is a file without a name. @returns
 * its pid. @throws TcomposeError CLI_WATCH with its output
 */
export async function watchInBackground(
  between: (beforeStart: BeforeStart) => Promise<unknown>,
): Promise<number> {
  const output = unnamedFile();
  try {
    const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
      detached: true,
      stdio: ['ignore', output, output, 'ipc'],
      env: { ...process.env, [backgroundMarker]: '1' },
    });
    await word(child, 'open', output);
    try {
      await between((container) => prepared(child, container));
    } catch (error) {
      // The process ends with the channel.
      child.disconnect();
      throw error;
    }
    child.send('begin' satisfies Word);
    await word(child, 'begun', output);
    child.disconnect();
    child.unref();
    return child.pid!;
  } finally {
    closeSync(output);
  }
}

/** Resolves when the other process has filled a container, or has ended. */
function prepared(child: ChildProcess, { id, service }: Prepare['prepare']): Promise<void> {
  return new Promise((resolve) => {
    const over = (): void => {
      child.off('message', look).off('exit', over);
      resolve();
    };
    const look = (said: unknown): void => {
      if (said === id) over();
    };
    child.on('message', look).on('exit', over);
    if (!child.connected) over();
    else child.send({ prepare: { id, service } } satisfies Prepare);
  });
}

function unnamedFile(): number {
  const directory = mkdtempSync(join(tmpdir(), 'tcompose-watch-'));
  try {
    const { O_RDWR, O_CREAT, O_EXCL, O_APPEND } = constants;
    return openSync(join(directory, 'output'), O_RDWR | O_CREAT | O_EXCL | O_APPEND, 0o600);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Waits for a message from the child. @throws TcomposeError CLI_WATCH when it ends instead */
function word(child: ChildProcess, wanted: Word, output: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const over = (code: number | null) => {
      const [said = '', hint] = textIn(output)
        .trim()
        .split(/\nhint: (?=.*$)/);
      reject(
        new TcomposeError(
          'CLI_WATCH',
          said.replace(/^error: /, '') || 'the process in the background ended at once',
          { exitCode: code ?? 1, ...(hint === undefined ? {} : { hint: hint.trim() }) },
        ),
      );
    };
    if (child.exitCode !== null) return over(child.exitCode);
    child.once('error', reject);
    child.once('exit', over);
    child.on('message', (said) => {
      if (said !== wanted) return;
      child.off('exit', over);
      child.off('error', reject);
      resolve();
    });
  });
}

function textIn(file: number): string {
  const bytes = Buffer.alloc(Math.min(fstatSync(file).size, mostOutput));
  return bytes.toString('utf8', 0, readSync(file, bytes, 0, bytes.length, 0));
}

/** In the background process: acts on changes once its parent says so, until it is ended. @returns the exit code */
export async function runInBackground(ctx: CliContext, session: WatchSession): Promise<number> {
  const bounding = setInterval(() => {
    if (fstatSync(1).size > mostOutput) ftruncateSync(1, 0);
  }, lookEvery).unref();
  const ended = new Promise<void>((resolve) => {
    const release = ctx.onInterrupt(() => {
      release();
      resolve();
    });
  });
  try {
    const told = new Promise<boolean>((resolve) => {
      process.on('message', (said: Word | Prepare) => {
        if (typeof said === 'string') return resolve(said === 'begin');
        const { id } = said.prepare;
        void session.beforeStart(said.prepare).then(() => process.connected && process.send?.(id));
      });
      process.once('disconnect', () => resolve(false));
    });
    process.send?.('open' satisfies Word);
    if (!(await Promise.race([told, ended.then(() => false)]))) return 1;
    await session.begin();
    process.send?.('begun' satisfies Word);
    await Promise.race([ended, session.lost]);
    return 0;
  } finally {
    clearInterval(bounding);
    await session.close();
  }
}
