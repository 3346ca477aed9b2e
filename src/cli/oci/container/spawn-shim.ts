import { spawn } from 'node:child_process';
import { fstatSync } from 'node:fs';
import { engineProgram } from '../../../engine/client/engine-paths.ts';
import { TcomposeError } from '../../../errors.ts';

/** Descriptors of this process that a command inherits: stdio, and this many from 3 on. */
export interface InheritedFds {
  readonly preserve: number;
}

/** Most descriptors besides stdio that a command may inherit. */
const mostPreserved = 100;

/**
 * Starts a separate shim for an encoded plan; its `shim.sock` exists when this resolves. With `inherit` the command's
 * stdio is ours. Throws RUNTIME_SPAWN, CLI_USAGE for descriptors that are not open.
 */
export async function spawnShim(plan: Buffer, inherit: InheritedFds | undefined): Promise<void> {
  if (inherit === undefined) return runShim(['spawn'], plan, 0, ['pipe', 'ignore', 'pipe']);
  const { preserve } = inherit;
  if (preserve < 0 || preserve > mostPreserved)
    throw new TcomposeError('CLI_USAGE', `--preserve-fds is ${preserve}, not between 0 and ${mostPreserved}`);
  const passed = Array.from({ length: preserve }, (_, index) => openDescriptor(index + 3));
  const stdio = ['inherit', 'inherit', 'inherit', ...passed, 'pipe'] as const;
  return runShim(['spawn-for-caller', String(preserve)], plan, preserve + 3, [...stdio]);
}

function openDescriptor(fd: number): number {
  try {
    fstatSync(fd);
    return fd;
  } catch (cause) {
    throw new TcomposeError('CLI_USAGE', `--preserve-fds counts descriptor ${fd}, which is not open`, {
      cause,
    });
  }
}

/** Undoes an encoded plan: kills its processes, removes its control groups. */
export function tearDown(plan: Buffer): Promise<void> {
  return runShim(['teardown'], plan, 0, ['pipe', 'ignore', 'pipe']);
}

/** Sends a signal to a process that is identified by pid and start time. Throws RUNTIME_SHIM when it has ended. */
export function signalProcess(
  process: { readonly pid: number; readonly startTime: bigint },
  signal: number,
): Promise<void> {
  const words = ['signal', String(process.pid), String(process.startTime), String(signal)];
  return runShim(words, Buffer.alloc(0), 0, ['pipe', 'ignore', 'pipe']);
}

function runShim(
  words: readonly string[],
  input: Buffer,
  inputFd: number,
  stdio: ('pipe' | 'ignore' | 'inherit' | number)[],
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(engineProgram().shim, words, { stdio });
    let said = '';
    child.stderr?.on('data', (bytes: Buffer) => {
      said += bytes.toString();
    });
    child.on('error', reject);
    // Without descriptors for its streams it has none (EMFILE), and an error is to come.
    const pipe = child.stdio?.[inputFd] as import('node:stream').Writable | undefined;
    pipe?.on('error', () => undefined);
    pipe?.end(input);
    // Not `close`: the shim is its child and may keep the streams open.
    child.on('exit', (code) => {
      child.stderr?.destroy();
      pipe?.destroy();
      if (code === 0) resolve();
      else reject(new TcomposeError('RUNTIME_SPAWN', `the shim refused ${words[0]}: ${said.trim()}`));
    });
  });
}
