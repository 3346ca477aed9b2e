import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Env } from '../context.ts';

/** Where fetched compose files are stored: a directory of the user's, by content. */
export const cacheRoot = (env: Env): string =>
  join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'), 'tcompose');

/** Milliseconds after which attempts that a crash left are removed. */
const staleMs = 3_600_000;

/**
 * The directory for a key, made by `fill` if it does not exist. It appears only when it is complete: an interrupted
 * fetch leaves nothing valid, and of two at the same time one wins.
 * @param key a hash or another text that is safe as a name
 */
export async function cached(
  root: string,
  key: string,
  fill: (directory: string) => Promise<void>,
): Promise<string> {
  const target = join(root, key);
  if ((await stat(target).catch(() => undefined))?.isDirectory() === true) return target;
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  await sweep(dirname(target));
  const attempt = `${target}.${randomBytes(6).toString('hex')}.part`;
  try {
    await mkdir(attempt, { mode: 0o700 });
    await fill(attempt);
    await rename(attempt, target).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(attempt, { recursive: true, force: true });
  }
  return target;
}

async function sweep(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (!/\.[0-9a-f]{12}\.part$/.test(name)) continue;
    const path = join(directory, name);
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined && Date.now() - found.mtimeMs > staleMs)
      await rm(path, { recursive: true, force: true });
  }
}
