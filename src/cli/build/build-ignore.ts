import { constants } from 'node:fs';
import { lstat, open } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type IgnoreLine, readIgnoreFile } from '../../build/ignore/ignore-file.ts';
import type { Service } from '../../compose/model/service.ts';
import { TcomposeError } from '../../errors.ts';

/** Where a build reads its files, absolute. */
interface BuildFiles {
  readonly context: string;
  readonly dockerfile: string;
  /** The Dockerfile's text is in the compose file: there can't be an ignore file beside it. */
  readonly inline: boolean;
}

interface BuildIgnore extends BuildFiles {
  /** The files to look for: the first one that exists counts. */
  readonly candidates: readonly string[];
  /** The one that exists; undefined if there is none. */
  readonly file: string | undefined;
  readonly lines: readonly IgnoreLine[];
}

/** Where a service's build reads its files; undefined if they are not on this machine. */
export function buildFiles({ build }: Service, workingDir: string): BuildFiles | undefined {
  if (build === undefined || /^[a-z+]+:\/\/|^git@|^github\.com\//.test(build.context ?? '')) return undefined;
  const context = resolve(workingDir, build.context ?? '.');
  const dockerfile = resolve(context, build.dockerfile ?? 'Dockerfile');
  return { context, dockerfile, inline: build.dockerfile_inline !== undefined };
}

/**
 * The ignore file of a build: one beside the Dockerfile takes precedence over the context's.
 * @throws TcomposeError BUILD_CONTEXT when it can't be read
 */
export async function ignoreOf(build: BuildFiles): Promise<BuildIgnore> {
  const own = build.inline ? [] : [`${build.dockerfile}.dockerignore`];
  const candidates = [...own, join(build.context, '.dockerignore')];
  for (const file of candidates) {
    const text = await readIfThere(file);
    if (text !== undefined) return { ...build, candidates, file, lines: readIgnoreFile(text) };
  }
  return { ...build, candidates, file: undefined, lines: [] };
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    // Opening a pipe that nobody writes to must not block.
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      if (!(await handle.stat()).isFile()) throw new Error('it is not a file');
      return await handle.readFile('utf8');
    } finally {
      await handle.close();
    }
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    // A link that leads nowhere was meant to be an ignore file.
    const isLink = (await lstat(path).catch(() => undefined))?.isSymbolicLink() === true;
    if ((code === 'ENOENT' || code === 'ENOTDIR') && !isLink) return undefined;
    throw new TcomposeError('BUILD_CONTEXT', `${path} cannot be read: ${message}`, { cause });
  }
}
