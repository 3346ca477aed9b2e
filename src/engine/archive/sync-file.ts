import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  futimesSync,
  readSync,
  write as writeCallback,
  writeSync,
} from 'node:fs';
import { promisify } from 'node:util';
import type { ConfinedDirectory, Place } from '../../confined/confined-directory.ts';
import type { ConfinedEntry } from '../../confined/entry.ts';
import { baseOf, cName, joined, parentOf } from '../../confined/names.ts';
import { errnoNameOf, renameAt, symlinkAt, unlinkAt } from '../../sys/at-calls.ts';
import { openName } from '../../sys/openat2.ts';
import type { TarEntry, TarReader } from '../../tar/tar-reader.ts';

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

const writeAsync = promisify(writeCallback);
const exclusive = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
/** Files up to this many bytes are compared with what is in place before they are written. */
const largestCompared = 1024 * 1024;

/**
 * Puts a file or a link in place atomically: whoever opens the name gets either the whole old file or the whole new
 * one. A replaced file keeps its owner. @returns false when the same file was there already
 */
export async function replaceFile(
  root: ConfinedDirectory,
  place: Place,
  entry: TarEntry,
  data: TarReader,
  newOwner: Owner,
): Promise<boolean> {
  const there = root.at(place);
  try {
    const owner = there?.stat.isFile() ? there.stat : newOwner;
    let content: readonly Buffer[] | undefined;
    if (entry.type === 'symlink') {
      if (there?.stat.isSymbolicLink() && there.linkText() === entry.linkName) return false;
    } else if (entry.size <= largestCompared) {
      content = await pieces(data);
      if (there?.stat.isFile() && there.stat.size === entry.size && holds(there, Buffer.concat(content))) {
        if ((there.stat.mode & 0o7777) === entry.mode) return false;
        fchmodOf(there, entry.mode);
        return true;
      }
    }
    if (there?.stat.isDirectory()) await root.remove(place.path);
    // The directory may have been closed during the wait.
    const temporary = temporaryOf(root, place.path);
    unlinkIfThere(temporary);
    try {
      if (entry.type === 'symlink') symlinkAt(cName(entry.linkName), temporary.directory, temporary.name);
      else await write(temporary, entry, content ?? read(data), owner);
      const from = temporaryOf(root, place.path);
      const to = root.place(place.path, false);
      renameAt(from.directory, from.name, to.directory, to.name);
    } catch (error) {
      unlinkIfThere(temporaryOf(root, place.path));
      throw error;
    }
    return true;
  } finally {
    there?.close();
  }
}

/** Always the same name: what a killed engine has left there is removed by the next attempt. */
function temporaryOf(root: ConfinedDirectory, path: string): Place {
  const name = createHash('sha256').update(baseOf(path), 'latin1').digest('hex').slice(0, 12);
  return root.place(joined(parentOf(path), `.tcompose-sync-${name}`), false);
}

function unlinkIfThere({ directory, name }: Place): void {
  try {
    unlinkAt(directory, name);
  } catch (error) {
    if (errnoNameOf(error) !== 'ENOENT') throw error;
  }
}

async function write(
  place: Place,
  entry: TarEntry,
  content: AsyncIterable<Buffer> | Iterable<Buffer>,
  owner: Owner,
): Promise<void> {
  const fd = openName(place.directory, place.name, exclusive, 0o600);
  try {
    for await (const piece of content)
      for (let at = 0; at < piece.length; )
        at +=
          entry.size > largestCompared
            ? (await writeAsync(fd, piece, at)).bytesWritten
            : writeSync(fd, piece, at);
    fchownSync(fd, owner.uid, owner.gid);
    fchmodSync(fd, entry.mode);
    futimesSync(fd, entry.mtime, entry.mtime);
  } finally {
    closeSync(fd);
  }
}

async function* read(data: TarReader): AsyncGenerator<Buffer> {
  for (let piece = await data.read(); piece !== undefined; piece = await data.read()) yield piece;
}

async function pieces(data: TarReader): Promise<readonly Buffer[]> {
  const found: Buffer[] = [];
  for await (const piece of read(data)) found.push(Buffer.from(piece));
  return found;
}

function holds(there: ConfinedEntry, content: Buffer): boolean {
  const fd = there.open();
  try {
    if (fstatSync(fd).size !== content.length) return false;
    const bytes = Buffer.alloc(content.length);
    let at = 0;
    for (let n = -1; n !== 0 && at < bytes.length; at += n)
      n = readSync(fd, bytes, at, bytes.length - at, null);
    return at === content.length && bytes.equals(content);
  } finally {
    closeSync(fd);
  }
}

function fchmodOf(there: ConfinedEntry, mode: number): void {
  const fd = there.open();
  try {
    fchmodSync(fd, mode);
  } finally {
    closeSync(fd);
  }
}
