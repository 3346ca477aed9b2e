import { closeSync, constants, openSync, readFileSync } from 'node:fs';
import { ConfinedDirectory } from '../../../confined/confined-directory.ts';
import type { IdSwap } from '../../../id-swap.ts';
import { lostRoot } from '../../../runtime/launch/explain-failure.ts';
import { SystemCallError } from '../../../sys/libc.ts';
import { O_PATH, openIn } from '../../../sys/openat2.ts';
import { conflict } from '../../http/failure.ts';
import type { ContainerRoot } from './root-handle.ts';

/**
 * The root directory of a running process, with everything mounted in it. The pid's /proc directory is opened once: its
 * descriptor stays with that process, so that a start time read through it identifies the process whose root this is.
 * Throws 409 when the process is gone, and when the program that serves the root is.
 */
export function openRunningRoot(
  process: {
    readonly pid: number;
    readonly startTime: string;
  },
  owners?: IdSwap,
): ContainerRoot {
  const fd = rootOf(process.pid, process.startTime);
  if (fd === undefined) throw justEnded();
  requireServed(fd);
  const directory = new ConfinedDirectory(fd);
  const stands = () => {
    const still = rootOf(process.pid, process.startTime);
    if (still !== undefined) closeSync(still);
    return still !== undefined;
  };
  return { directory, readOnly: new Map(), owners, stands, release: async () => directory.close() };
}

/**
 * A request that is refused with this may be repeated: by then the container has another root, or one that belongs to
 * no process.
 */
export const justEnded = () => conflict('the container has just ended');

/** Undefined when the process has ended. */
function rootOf(pid: number, startTime: string): number | undefined {
  let proc: number | undefined;
  try {
    proc = openSync(`/proc/${pid}`, O_PATH | constants.O_DIRECTORY);
    const root = openIn(proc, 'root', O_PATH | constants.O_DIRECTORY);
    if (startTimeIn(proc) === startTime) return root;
    closeSync(root);
  } catch {
    return undefined;
  } finally {
    if (proc !== undefined) closeSync(proc);
  }
  return undefined;
}

/** Of a root whose program (fuse-overlayfs) was killed nothing is to be had, and each name in it would seem not to be there. */
function requireServed(root: number): void {
  try {
    closeSync(openIn(root, '.', constants.O_RDONLY | constants.O_DIRECTORY));
  } catch (error) {
    if (!(error instanceof SystemCallError) || error.errnoName !== 'ENOTCONN') return;
    closeSync(root);
    throw conflict("the program that serves the container's root has ended", lostRoot);
  }
}

/** Field 22 of /proc/<pid>/stat (proc(5)), in clock ticks since boot. */
function startTimeIn(proc: number): string | undefined {
  const stat = openIn(proc, 'stat', constants.O_RDONLY);
  try {
    const text = readFileSync(stat, 'utf8');
    // The command's name may contain spaces and parentheses.
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19];
  } finally {
    closeSync(stat);
  }
}
