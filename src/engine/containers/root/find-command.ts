import { closeSync, readSync } from 'node:fs';
import { posix } from 'node:path';
import type { ConfinedDirectory } from '../../../confined/confined-directory.ts';
import { bytesOfPath } from '../../../confined/names.ts';
import { errnoName } from '../../../errno.ts';
import { imageArchitecture } from '../../../image/host/host-config.ts';
import {
  type CommandFile,
  explainCommandFile,
  headSize,
  interpreterOf,
} from '../../../runtime/launch/command-file.ts';
import type { ShimFailure } from '../../../runtime/shim/shim-messages.ts';
import type { MachineFacts } from '../../../runtime/spec/spec-input.ts';
import { defaultPath } from '../../../runtime/spec/spec-process.ts';

import type { ContainerRoot } from './root-handle.ts';

/** Where to look for a command. */
export interface CommandSearch {
  readonly command: string;
  /** Absolute. */
  readonly cwd: string;
  /** `K=V`. */
  readonly env: readonly string[];
}

/**
 * The file of a command in a root, found like execvp(3) does, and read to see what kind of program it is; undefined
 * when there is none. Links stay inside the root; only regular files are read, and only their beginning. Throws the
 * errors of a look-up (ELOOP, EIO).
 */
export function findCommand(
  root: ConfinedDirectory,
  { command, cwd, env }: CommandSearch,
): CommandFile | undefined {
  const path = env.find((one) => one.startsWith('PATH='))?.slice('PATH='.length) ?? defaultPath;
  const places = command.includes('/') ? [command] : path.split(':').map((one) => `${one || '.'}/${command}`);
  for (const place of places) {
    const file = look(root, posix.resolve(cwd, place), cwd);
    if (file !== undefined) return file;
  }
  return undefined;
}

function look(root: ConfinedDirectory, path: string, cwd: string): CommandFile | undefined {
  const entry = root.find(bytesOfPath(path.slice(1)), true);
  if (entry === undefined) return undefined;
  try {
    if (!entry.stat.isFile()) return undefined;
    const fd = entry.open();
    try {
      const bytes = Buffer.alloc(headSize);
      const head = bytes.subarray(0, readSync(fd, bytes, 0, headSize, 0));
      const interpreter = interpreterOf(head);
      return {
        path,
        mode: entry.stat.mode,
        head,
        interpreterMissing: interpreter !== undefined && !isThere(root, interpreter, cwd),
      };
    } finally {
      closeSync(fd);
    }
  } finally {
    entry.close();
  }
}

/** @param path bytes in latin1, as in a file */
function isThere(root: ConfinedDirectory, path: string, cwd: string): boolean {
  if (path.includes('\0')) return false;
  const entry = root.find(posix.resolve(bytesOfPath(cwd), path).slice(1), true);
  entry?.close();
  return entry !== undefined;
}

/**
 * Why a command did not start, judging by its file in the root that `open` gives: a hint for explainFailure. Undefined
 * when the file does not explain it, or can't be examined: the failure itself matters more.
 */
export async function commandHint(
  { phase, errno }: Pick<ShimFailure, 'phase' | 'errno'>,
  { architecture }: Pick<MachineFacts, 'architecture'>,
  search: CommandSearch,
  open: () => ContainerRoot | Promise<ContainerRoot>,
): Promise<string | undefined> {
  if (phase !== 'exec') return undefined;
  try {
    const root = await open();
    try {
      const file = findCommand(root.directory, search);
      return file && explainCommandFile(file, errnoName(errno), imageArchitecture(architecture));
    } finally {
      await root.release();
    }
  } catch {
    return undefined;
  }
}
