import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TcomposeError } from '../../errors.ts';
import { keeperCommand } from '../../runtime/shim/keeper-command.ts';
import { makeDirectory } from '../store/make-directory.ts';
import { type EnginePaths, type EngineProgram, engineProgram } from './engine-paths.ts';
import { processRuns } from './process-runs.ts';
import { ownAccount } from './rootless/account.ts';
import { ownSession, scopeCommand } from './rootless/delegated-scope.ts';
import { lingerNotice } from './rootless/lingering.ts';
import { placeFile } from './rootless/places.ts';
import { type ModeEnd, runInNamespaces } from './rootless/run-in-namespaces.ts';
import { checkStoreIds } from './rootless/store-ids.ts';

/** Longest wait for a new engine's socket, in milliseconds: a start takes a tenth of a second unless the machine is busy. */
const START_DEADLINE = 60_000;

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
 * Starts the keeper, which starts the engine, and waits until its socket accepts connections. Several callers may do
 * this at once: one keeper gets the lock, the others end by themselves. An ordinary user gets an engine of his own in
 * namespaces of his own; `warn` is called, once, with the limitations there.
 * @throws TcomposeError ENGINE_ROOTLESS, ENGINE_START_FAILED (with the last lines of the engine's log).
 */
export async function startEngine(paths: EnginePaths, warn: (sentence: string) => void): Promise<void> {
  const program = engineProgram();
  const logBefore = readText(paths.log).length;
  const endedBefore = readText(paths.ended);
  try {
    makeDirectory(paths.run, 0o700);
    makeDirectory(paths.lib, 0o700);
    if (paths.config !== undefined)
      writeFileSync(join(paths.lib, placeFile), `${paths.run}\n`, { mode: 0o600 });
  } catch (error) {
    throw cannotUse(paths, error as NodeJS.ErrnoException);
  }
  const run = async (): Promise<number> => {
    const { code, sentence } = await runKeeper(program, paths, warn);
    if (code === 0 || code === ANOTHER_KEEPER) return code;
    tryToWrite(paths);
    throw startFailed(sentence, paths, logBefore);
  };
  let keeper = await run();
  const begin = performance.now();
  const deadline = begin + START_DEADLINE;
  let looked = false;
  for (let pause = 5; ; pause = Math.min(pause * 1.5, 100)) {
    if (await accepts(paths.socket)) {
      for (const sentence of noticesOf(paths)) warnOnce(paths, sentence, warn);
      return;
    }
    if (performance.now() > deadline)
      throw startFailed(`it did not open its socket within ${START_DEADLINE / 1000} s`, paths, logBefore);
    if (!looked && performance.now() > begin + SOON) {
      looked = true;
      tryToWrite(paths);
    }
    if (keeperIsGone(paths)) {
      // The keeper gave up, or everything was stopped meanwhile.
      if (await accepts(paths.socket)) return;
      if (keeper === ANOTHER_KEEPER || endedOnRequest(readText(paths.ended), endedBefore)) {
        // The other keeper was about to end, idle or handed over, or ours handed over to another version as soon as it
        // was ready: now there is room.
        keeper = await run();
        continue;
      }
      tryToWrite(paths);
      throw startFailed('it ended as soon as it was started', paths, logBefore);
    }
    await sleep(pause);
  }
}

/** Milliseconds without an answer after which to check on the engine. */
const SOON = 1500;

/**
 * With a full run directory an engine may neither start nor be able to say why; if the few files it needs still fit, it
 * does start, so that something can be removed.
 * @throws TcomposeError ENGINE_DISK_FULL, ENGINE_START_FAILED
 */
function tryToWrite(paths: EnginePaths): void {
  const probe = join(paths.run, `.probe-${process.pid}`);
  try {
    writeFileSync(probe, Buffer.alloc(4096));
  } catch (error) {
    throw cannotUse(paths, error as NodeJS.ErrnoException);
  } finally {
    rmSync(probe, { force: true });
  }
}

/** Why the directories of an engine cannot be used. */
export function cannotUse(paths: EnginePaths, error: NodeJS.ErrnoException): TcomposeError {
  const { code, path = paths.run } = error;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new TcomposeError('ENGINE_DISK_FULL', `no space is left on the disk that holds ${paths.run}`, {
      cause: error,
      hint: 'Free some space there, or put TCOMPOSE_ROOT on a larger file system.',
    });
  }
  if (code === 'ENOTDIR' || code === 'EEXIST') {
    return new TcomposeError('ENGINE_START_FAILED', `${path} cannot be a directory: a file is in its place`, {
      cause: error,
      hint: 'Move the file away, or set TCOMPOSE_ROOT to a directory.',
    });
  }
  return new TcomposeError(
    'ENGINE_START_FAILED',
    `the engine's directories cannot be used: ${error.message}`,
    { cause: error, hint: 'Set TCOMPOSE_ROOT to a directory this user may write.' },
  );
}

/**
 * Waits for an engine that its keeper restarts after it died.
 * @throws TcomposeError ENGINE_UNREACHABLE when the keeper has ended, too, because the engine was meant to end.
 */
export async function awaitEngine(paths: EnginePaths): Promise<void> {
  for (const deadline = performance.now() + START_DEADLINE; performance.now() < deadline; await sleep(50)) {
    if (await accepts(paths.socket)) return;
    if (keeperIsGone(paths)) break;
  }
  if (await accepts(paths.socket)) return;
  throw new TcomposeError('ENGINE_UNREACHABLE', 'the engine has ended', {
    hint: 'It was stopped, or had nothing to do; the next command that needs it starts it again.',
  });
}

/** Exit code of a keeper that finds another one running (shim-protocol.ts, "The keeper"). */
const ANOTHER_KEEPER = 3;

/** Starts the keeper; the process that is started ends as soon as the keeper has detached or failed. */
async function runKeeper(
  program: EngineProgram,
  paths: EnginePaths,
  warn: (sentence: string) => void,
): Promise<{ readonly code: number; readonly sentence: string }> {
  const { shim, engine } = program;
  const mode = keeperCommand({ lib: paths.lib, run: paths.run, engine });
  const { config } = paths;
  // Node reads the whole file of NODE_EXTRA_CA_CERTS at its start; the engine reads it only when a registry needs it.
  // NODE_OPTIONS is meant for programs in the caller's directory, and may name files there or open a debugger's port.
  const { NODE_EXTRA_CA_CERTS: authorities, NODE_OPTIONS: _, ...others } = process.env;
  const env = {
    ...others,
    ...(config === undefined ? {} : { TCOMPOSE_CONFIG: config }),
    ...(authorities ? { TCOMPOSE_EXTRA_CA_CERTS: authorities } : {}),
  };
  const root = process.getuid?.() === 0;
  const scope = root ? [] : scopeCommand(ownSession(), paths.run);
  const { code, said } = root
    ? await runMode(shim, mode, env)
    : await runInNamespaces(shim, paths.run, mode, {
        env,
        scope,
        warn: (sentence) => warnOnce(paths, sentence, warn),
        mapped(maps, failure) {
          const sentence = checkStoreIds(paths.lib, maps, { user: ownAccount().username, failure });
          if (sentence !== undefined) warn(sentence);
        },
      });
  return { code, sentence: said || `its keeper ended with code ${code}` };
}

function runMode(shim: string, mode: readonly string[], env: NodeJS.ProcessEnv): Promise<ModeEnd> {
  return new Promise((resolve) => {
    const starter = spawn(shim, mode, { stdio: ['ignore', 'ignore', 'pipe'], cwd: '/', env });
    const stderr: Buffer[] = [];
    // Without descriptors for its streams it has none (EMFILE), and an error is to come.
    starter.stderr?.on('data', (part: Buffer) => stderr.push(part));
    starter.once('error', (error) => resolve({ code: -1, said: `${shim} cannot be run: ${error.message}` }));
    // `exit`, not `close`: the keeper may hold standard error open.
    starter.once('exit', (code, signal) => {
      const said = Buffer.concat(stderr).toString('utf8').trim();
      starter.stderr.destroy();
      resolve({ code: code ?? -1, said: said || (signal === null ? '' : `its keeper ended with ${signal}`) });
    });
  });
}

/**
 * What users should know about the engine that has just been started for them: its own notices, and how long containers
 * live.
 */
function noticesOf(paths: EnginePaths): readonly string[] {
  const own = readText(paths.notices).split('\n');
  const lasting = process.getuid?.() === 0 ? undefined : lingerNotice(ownAccount().username, existsSync);
  return [...own, lasting ?? ''].filter(Boolean);
}

/** An engine is started often; a notice about something that the user can't change soon is given only once. */
function warnOnce(paths: EnginePaths, sentence: string, warn: (sentence: string) => void): void {
  const file = join(paths.lib, 'said');
  // Numbers such as the free ids change from one start to the next.
  const alike = (line: string): string => line.replaceAll(/\d+/g, '#');
  if (readText(file).split('\n').map(alike).includes(alike(sentence))) return;
  warn(sentence);
  try {
    appendFileSync(file, `${sentence}\n`, { mode: 0o600 });
  } catch {
    // If it can't be recorded, it is repeated next time.
  }
}

/** Whether the keeper that `keeper.pid` names has ended. A keeper that has not written its pid yet has not ended. */
function keeperIsGone(paths: EnginePaths): boolean {
  const pid = Number(readText(join(paths.run, 'keeper.pid')).trim());
  return Number.isInteger(pid) && pid > 0 && !processRuns(pid);
}

/**
 * Whether an engine has ended by request or from idleness since `before` was read: it says so in a file that each
 * engine removes at its start.
 */
export const endedOnRequest = (said: string, before: string): boolean => said !== '' && said !== before;

function freshLog(paths: EnginePaths, logBefore: number): string {
  const log = readText(paths.log);
  // A shorter log is a new file.
  return log.length > logBefore ? log.slice(logBefore) : log;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function startFailed(why: string, paths: EnginePaths, logBefore: number): TcomposeError {
  const lines = freshLog(paths, logBefore).split('\n').filter(Boolean).slice(-8);
  const quoted =
    lines.length === 0
      ? ''
      : `; the last lines of its log:\n${lines.map((line) => `    ${line}`).join('\n')}`;
  return new TcomposeError('ENGINE_START_FAILED', `the engine does not start: ${why}${quoted}`, {
    hint: `The whole log is ${paths.log}.`,
  });
}
