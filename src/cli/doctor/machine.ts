import { spawn } from 'node:child_process';
import { accessSync, constants, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Milliseconds that a program may take. */
const patience = 3000;
/** Most bytes of its output that are kept. */
const mostOutput = 1 << 20;

/** The text of a small file, '' when it can't be read. */
export function text(path: string): string {
  return textIfThere(path) ?? '';
}

/** The text of a small file, undefined when it can't be read. */
export function textIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** A number below /proc/sys; undefined if there is no such setting. */
export function setting(name: string): number | undefined {
  const value = text(`/proc/sys/${name}`).trim();
  return value === '' ? undefined : Number(value);
}

/** Names in a directory; none when it can't be read. */
export function names(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

export function writable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Where a program is: a user's PATH often lacks the directories of root's programs. */
export function program(name: string, path: string | undefined): string | undefined {
  const directories = [...(path ?? '').split(':'), '/usr/sbin', '/sbin', '/usr/bin', '/bin'];
  return directories
    .filter((directory) => directory.startsWith('/'))
    .map((directory) => join(directory, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return statSync(file).isFile();
      } catch {
        return false;
      }
    });
}

/** Standard output of a program that succeeded in time; undefined otherwise. */
export function output(file: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'ignore'], cwd: '/', env: {} });
    const parts: Buffer[] = [];
    let size = 0;
    const timer = setTimeout(() => child.kill('SIGKILL'), patience);
    // Without descriptors for its streams it has none (EMFILE), and an error is to come.
    child.stdout?.on('data', (part: Buffer) => {
      size += part.length;
      if (size <= mostOutput) parts.push(part);
    });
    child.once('error', () => {
      clearTimeout(timer);
      resolve(undefined);
    });
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve(code === 0 && size <= mostOutput ? Buffer.concat(parts).toString('utf8') : undefined);
    });
  });
}

/** The value of a promise if it resolves within some milliseconds, else `instead`, also on failure. */
export function within<T>(promise: Promise<T>, milliseconds: number, instead: T): Promise<T> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(instead), milliseconds);
    promise
      .then(resolve, () => resolve(instead))
      .finally(() => {
        clearTimeout(timer);
      });
  });
}
