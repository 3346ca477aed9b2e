import { constants } from 'node:fs';
import { lstat, open, realpath } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { textOfBytes } from '../../build/dockerfile/decode.ts';
import { readIgnoreFile } from '../../build/ignore/ignore-file.ts';
import { createIgnoreMatcher, type IgnoreMatcher } from '../../build/ignore/matcher.ts';
import { ConfinedDirectory } from '../../confined/confined-directory.ts';
import { TcomposeError } from '../../errors.ts';
import { errnoNameOf } from '../../sys/at-calls.ts';
import type { IgnoreFile, SourceTree } from './files/source-tree.ts';
import { readConfined } from './sources/read-confined.ts';

/** A directory that a build copies from. */
export interface ContextDirectory {
  readonly path: string;
  readonly ignore: IgnoreMatcher | undefined;
  /** The file that the matcher was made from. */
  readonly ignoreFile?: IgnoreFile | undefined;
}

/** Reads a file of a context by its path relative to it; undefined when it is not there. */
type ReadFile = (name: string) => Promise<string | undefined>;

/**
 * Files of a directory that belongs to the user who builds: named as the user names them, with links followed and
 * absolute paths as they are.
 */
export const trustedFiles =
  (context: string): ReadFile =>
  (name) =>
    readIfThere(isAbsolute(name) ? name : resolve(context, name));

/** Files of a directory that another party made: nothing leads out of it. */
export const confinedFiles =
  (context: string): ReadFile =>
  async (name) => {
    const directory = ConfinedDirectory.at(context);
    try {
      return readConfined(directory, name.replace(/^\/+/, ''));
    } finally {
      directory.close();
    }
  };

/**
 * @param dockerfile name of the Dockerfile, whose own ignore file takes precedence
 * @throws TcomposeError BUILD_CONTEXT, BUILD_IGNORE
 */
export async function openContext(
  path: string,
  dockerfile: string | undefined,
  read: ReadFile = trustedFiles(path),
): Promise<ContextDirectory> {
  const stat = await lstat(await realpath(path).catch(() => path)).catch(() => undefined);
  if (stat === undefined || !stat.isDirectory())
    throw new TcomposeError(
      'BUILD_CONTEXT',
      `unable to prepare context: ${stat === undefined ? `path ${JSON.stringify(path)} not found` : `${JSON.stringify(path)} is not a directory`}`,
    );
  return { path, ...(await readIgnore(dockerfile, read)) };
}

/** The Dockerfile's own ignore file if it has one, else the context's. */
async function readIgnore(
  dockerfile: string | undefined,
  read: ReadFile,
): Promise<Pick<ContextDirectory, 'ignore' | 'ignoreFile'>> {
  const files = [...(dockerfile === undefined ? [] : [`${dockerfile}.dockerignore`]), '.dockerignore'];
  for (const file of files) {
    const text = await read(file);
    if (text === undefined) continue;
    const lines = readIgnoreFile(text);
    if (lines.length === 0) break;
    const ignore = createIgnoreMatcher(lines.map(({ pattern }) => pattern));
    return { ignore, ignoreFile: { name: file, lines } };
  }
  return { ignore: undefined };
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    // Opening a pipe that nobody writes to must not block.
    const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      if (!(await handle.stat()).isFile()) throw new Error('it is not a file');
      return textOfBytes(await handle.readFile());
    } finally {
      await handle.close();
    }
  } catch (error) {
    const errno = (error as NodeJS.ErrnoException).code ?? errnoNameOf(error);
    // A link that leads nowhere was meant to be an ignore file.
    const isLink = (await lstat(file).catch(() => undefined))?.isSymbolicLink() === true;
    if ((errno === 'ENOENT' || errno === 'ENOTDIR') && !(isLink && file.endsWith('.dockerignore')))
      return undefined;
    throw new TcomposeError('BUILD_CONTEXT', `${file} cannot be read: ${(error as Error).message}`, {
      ...(file.endsWith('.dockerignore') ? { hint: 'Without it, everything would go into the image.' } : {}),
      cause: error,
    });
  }
}

/** A Dockerfile's text and where it came from. */
export interface DockerfileSource {
  /** The name as it was given, for messages. */
  readonly name: string;
  /** Whether it is a file, which may have an ignore file of its own beside it. */
  readonly isFile: boolean;
  readonly text: string;
}

/**
 * Finds the Dockerfile: by its name, relative to the context; by default `Dockerfile`, else `dockerfile`.
 * @throws TcomposeError BUILD_CONTEXT
 */
export async function findDockerfile(
  context: string,
  name: string | undefined,
  read: ReadFile,
): Promise<DockerfileSource> {
  const names = name === undefined || name === '' ? ['Dockerfile', 'dockerfile'] : [name];
  for (const one of names) {
    const text = await read(one);
    if (text === undefined) continue;
    if (text === '') throw new TcomposeError('BUILD_DOCKERFILE', 'the Dockerfile cannot be empty');
    return { name: one, isFile: true, text };
  }
  const place = isAbsolute(names[0]!) ? names[0]! : join(context, names[0]!);
  throw new TcomposeError(
    'BUILD_CONTEXT',
    `failed to read dockerfile: open ${names[0]}: no such file or directory`,
    { hint: `${place} was looked for.` },
  );
}

/** The context as a tree to copy from. */
export function contextTree(context: ContextDirectory): SourceTree {
  const directory = ConfinedDirectory.at(context.path);
  return {
    directory,
    ignore: context.ignore,
    ignoreFile: context.ignoreFile,
    ownerless: true,
    title: 'the build context',
    close: () => directory.close(),
  };
}
