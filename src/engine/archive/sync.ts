import { chmodSync } from 'node:fs';
import type { Readable } from 'node:stream';
import type { ConfinedDirectory } from '../../confined/confined-directory.ts';
import { parentOf, textOfPath } from '../../confined/names.ts';
import { TcomposeError } from '../../errors.ts';
import { errnoOf } from '../../image/unpack/layer-system.ts';
import {
  changeOwnerOf,
  errnoNameOf,
  makeDirectoryAt,
  removeDirectoryAt,
  unlinkAt,
} from '../../sys/at-calls.ts';
import { archivePath } from '../../tar/archive-path.ts';
import { type TarEntry, TarReader } from '../../tar/tar-reader.ts';
import type { SyncProblem, SyncResponse, UnsyncRequest, UnsyncResponse } from '../api/sync.ts';
import { checkWritable } from '../containers/root/check-writable.ts';
import type { ContainerRoot } from '../containers/root/root-handle.ts';
import { badParameter } from '../http/failure.ts';
import { type Owner, replaceFile } from './sync-file.ts';

interface SyncOptions {
  /** Owner of new files. */
  readonly owner: Owner;
  /** A file in place of an existing directory is a problem instead of a replacement. */
  readonly keepsDirectories?: boolean;
}

type Root = Pick<ContainerRoot, 'directory' | 'readOnly'>;

/** Most problems reported for one request, by path; the others are only counted. */
const mostProblems = 20;

/**
 * Puts the entries of a tar into a container's root; their names are paths from its top. An entry that fails does not
 * prevent the others. Replaced entries keep their owner, new ones get `owner`; modes and times are the archive's.
 * @throws TcomposeError 400 for a damaged archive; errors of a full disk
 */
export async function syncInto(root: Root, body: Readable, options: SyncOptions): Promise<SyncResponse> {
  const problems = new Problems();
  let [written, unchanged] = [0, 0];
  const reader = new TarReader(body.iterator({ destroyOnReturn: false }));
  try {
    for (let entry = await reader.next(); entry !== undefined; entry = await reader.next()) {
      try {
        if (await put(root, entry, reader, options)) written++;
        else unchanged++;
      } catch (error) {
        problems.add(`/${archivePath(entry.name)}`, error);
      }
    }
  } catch (error) {
    await reader.close().catch(() => undefined);
    body.resume();
    throw error;
  }
  return { written, unchanged, problems: problems.told() };
}

async function put(
  root: Root,
  entry: TarEntry,
  data: TarReader,
  { owner, keepsDirectories = false }: SyncOptions,
): Promise<boolean> {
  const path = archivePath(entry.name);
  if (path === '') return false;
  makeParents(root, parentOf(path), owner);
  const place = root.directory.place(path, false);
  checkWritable(root.readOnly, place.path);
  if (entry.type === 'directory') return putDirectory(root, path, entry.mode, owner);
  if (entry.type !== 'file' && entry.type !== 'symlink') throw badParameter(`a ${entry.type} is not synced`);
  if (keepsDirectories && isDirectory(root.directory, path))
    throw badParameter(
      'a directory is there; give the target of the rule the name that the file is to have in it',
    );
  return replaceFile(root.directory, place, entry, data, owner);
}

/** An existing directory keeps its owner and gets the mode. */
async function putDirectory(root: Root, path: string, mode: number, owner: Owner): Promise<boolean> {
  let there = root.directory.find(path);
  // A link to a directory counts as the directory: the image may use another layout.
  if (there?.stat.isSymbolicLink() && isDirectory(root.directory, path)) {
    there.close();
    return false;
  }
  if (there !== undefined && !there.stat.isDirectory()) {
    there.close();
    await root.directory.remove(path);
    there = undefined;
  }
  if (there === undefined) {
    make(root, path, owner, mode);
    return true;
  }
  try {
    if ((there.stat.mode & 0o7777) === mode) return false;
    chmodSync(`/proc/self/fd/${there.fd}`, mode);
    return true;
  } finally {
    there.close();
  }
}

function isDirectory(directory: ConfinedDirectory, path: string): boolean {
  const entry = directory.find(path, true);
  entry?.close();
  return entry?.stat.isDirectory() === true;
}

function makeParents(root: Root, path: string, owner: Owner): void {
  if (path === '' || isDirectory(root.directory, path)) return;
  makeParents(root, parentOf(path), owner);
  make(root, path, owner, 0o755);
}

function make(root: Root, path: string, owner: Owner, mode: number): void {
  const place = root.directory.place(path, false);
  checkWritable(root.readOnly, place.path);
  makeDirectoryAt(place.directory, place.name, 0o700);
  const made = root.directory.at(root.directory.place(path, false));
  if (made === undefined) return;
  try {
    if (!made.stat.isDirectory()) return;
    changeOwnerOf(made.fd, owner.uid, owner.gid);
    chmodSync(`/proc/self/fd/${made.fd}`, mode);
  } finally {
    made.close();
  }
}

/** Removes paths, in the order given; a directory only when it is empty. Paths that are already gone are no problem. */
export function unsync(root: Root, request: UnsyncRequest): UnsyncResponse {
  const problems = new Problems();
  let removed = 0;
  for (const { path, directory } of request.paths) {
    try {
      if (removeOne(root, archivePath(path), directory)) removed++;
    } catch (error) {
      problems.add(path, error);
    }
  }
  return { removed, problems: problems.told() };
}

/**
 * `directory` undefined: remove only a non-directory. Otherwise it says what is expected there, and the other kind is
 * removed as well.
 */
function removeOne(root: Root, path: string, directory: boolean | undefined): boolean {
  if (path === '') return false;
  for (const asDirectory of directory === undefined ? [false] : [directory, !directory]) {
    try {
      const place = root.directory.place(path, false);
      checkWritable(root.readOnly, place.path);
      if (asDirectory) {
        removeDirectoryAt(place.directory, place.name);
        root.directory.forget(place.path);
      } else unlinkAt(place.directory, place.name);
      return true;
    } catch (error) {
      const errno = errnoNameOf(error) ?? '';
      // It may have been replaced since it was looked at.
      if (errno === 'ENOTDIR' || errno === 'EISDIR') continue;
      // Gone already, or the container has put something into it.
      if (['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(errno)) return false;
      throw error;
    }
  }
  return false;
}

class Problems {
  readonly #found: SyncProblem[] = [];
  #more = 0;

  /** @throws the error itself when it affects more than this path */
  add(path: string, error: unknown): void {
    const errno = errnoOf(error);
    if (errno === 'ENOSPC' || errno === 'EDQUOT') throw error;
    if (errno === '' && !(error instanceof TcomposeError)) throw error;
    if (this.#found.length === mostProblems) this.#more++;
    else this.#found.push({ path: textOfPath(path), message: sentenceOf(error, errno) });
  }

  told(): readonly SyncProblem[] {
    if (this.#more === 0) return this.#found;
    return [...this.#found, { path: '', message: `${this.#more} more paths could not be written either` }];
  }
}

const sentences: Readonly<Record<string, string>> = {
  EROFS:
    'the container has a read-only file system there; a volume or a tmpfs at the target can be written to',
  EBUSY: 'something is mounted there',
  ELOOP: 'it passes through too many symbolic links',
  ENOTDIR: 'it is inside something that is not a directory',
  ENAMETOOLONG: 'its name is too long',
};

function sentenceOf(error: unknown, errno: string): string {
  return sentences[errno] ?? (error as Error).message;
}
