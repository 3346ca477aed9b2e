import * as fs from 'node:fs/promises';
import { posix } from 'node:path';
import { TcomposeError } from '../../errors.ts';

/** Texts of /etc/passwd and /etc/group of the container; a file that doesn't exist is undefined. */
export interface AccountFiles {
  readonly passwd: string | undefined;
  readonly group: string | undefined;
}

interface FileKind {
  isSymbolicLink(): boolean;
  isFile(): boolean;
  isDirectory(): boolean;
  isCharacterDevice(): boolean;
  readonly rdev: number;
  readonly size: number;
}

/** The file-system calls `readAccountFiles` needs; `node:fs/promises` has all of them. */
interface LayerReader {
  lstat(path: string): Promise<FileKind>;
  readlink(path: string): Promise<string>;
  readFile(path: string, encoding: 'utf8'): Promise<string>;
}

/** No account file is larger; a larger one is somebody's attempt to fill our memory. */
const largestFile = 8 * 1024 * 1024;

/** path_resolution(7): the kernel's bound on links in one look-up. */
const mostLinks = 40;

/**
 * Reads /etc/passwd and /etc/group out of a root made of layers (top first: the container's upper directory, then the
 * image's; a single directory for a plain root). Links are followed inside the root only, and only regular files are
 * read. Throws RUNTIME_USER for a file that is too large or a loop of links.
 */
export async function readAccountFiles(
  layers: readonly string[],
  reader: LayerReader = fs,
): Promise<AccountFiles> {
  const [passwd, group] = await Promise.all([
    readInLayers(layers, '/etc/passwd', reader),
    readInLayers(layers, '/etc/group', reader),
  ]);
  return { passwd, group };
}

async function readInLayers(
  layers: readonly string[],
  path: string,
  reader: LayerReader,
): Promise<string | undefined> {
  let rest = path.split('/').filter((name) => name !== '');
  let inside = '/';
  for (let links = 0; rest.length > 0; ) {
    const [name = '', ...after] = rest;
    rest = after;
    if (name === '.') continue;
    if (name === '..') {
      inside = posix.dirname(inside);
      continue;
    }
    const candidate = posix.join(inside, name);
    const found = await findInLayers(layers, candidate, reader);
    if (found === undefined) return undefined;
    if (found.kind.isSymbolicLink()) {
      if (++links > mostLinks) throw unreadable(path, 'is a loop of links');
      const text = await reader.readlink(found.path);
      rest = [...text.split('/').filter((part) => part !== ''), ...rest];
      if (text.startsWith('/')) inside = '/';
    } else if (rest.length === 0) {
      if (!found.kind.isFile()) return undefined;
      if (found.kind.size > largestFile) throw unreadable(path, `is ${found.kind.size} bytes long`);
      return await reader.readFile(found.path, 'utf8');
    } else {
      inside = candidate;
    }
  }
  return undefined;
}

/**
 * The entry that overlayfs would show at an already resolved path: the topmost layer's; a whiteout (character device
 * 0:0), or a parent that is no directory in a layer, hides the layers below.
 */
async function findInLayers(
  layers: readonly string[],
  inside: string,
  reader: LayerReader,
): Promise<{ path: string; kind: FileKind } | undefined> {
  const parts = inside.split('/').filter((name) => name !== '');
  for (const layer of layers) {
    let path = layer;
    for (const [depth, part] of parts.entries()) {
      path = posix.join(path, part);
      const kind = await lstatOrNothing(path, reader);
      if (kind === undefined) break;
      if (kind.isCharacterDevice() && kind.rdev === 0) return undefined;
      if (depth === parts.length - 1) return { path, kind };
      if (!kind.isDirectory()) return undefined;
    }
  }
  return undefined;
}

async function lstatOrNothing(path: string, reader: LayerReader): Promise<FileKind | undefined> {
  try {
    return await reader.lstat(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

function unreadable(path: string, why: string): TcomposeError {
  return new TcomposeError('RUNTIME_USER', `the image's ${path} ${why} and is not read`, {
    hint: 'Give a numeric user id and group id.',
  });
}
