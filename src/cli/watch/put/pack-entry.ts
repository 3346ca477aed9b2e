import { closeSync, constants, fstatSync, lstatSync, openSync, read, readlinkSync, readSync } from 'node:fs';
import { promisify } from 'node:util';
import { encodeEntry, endOfArchive, paddingOf } from '../../../tar/encode-entry.ts';
import type { SyncItem } from '../../../watch/batch.ts';

/** An item in an archive: its bytes, or, for a large file, an archive of its own. */
export type Entry = Buffer[] | AsyncGenerator<Buffer>;

/** Marks a file that may not be read. */
export const unreadable = Symbol('unreadable');

/** Size in bytes from which a file is read while it is being sent, and the size of each read. */
const large = 16 * 1024 * 1024;
const piece = 1024 * 1024;

const readAsync = promisify(read);
const bytes = (path: string): Buffer => Buffer.from(path, 'latin1');

/** What is at an item's source now. Undefined if it vanished meanwhile, or is not a regular file. */
export function entryOf({ source, target }: SyncItem): Entry | typeof unreadable | undefined {
  const path = bytes(source);
  try {
    const stat = lstatSync(path, { bigint: true });
    const header = {
      name: target.slice(1),
      mode: Number(stat.mode) & 0o7777,
      uid: Number(stat.uid),
      gid: Number(stat.gid),
      modified: stat.mtimeNs,
    };
    if (header.name === '') return undefined;
    if (stat.isSymbolicLink())
      return [encodeEntry({ ...header, type: 'symlink', linkName: readlinkSync(path, 'latin1') })];
    if (stat.isDirectory()) return [encodeEntry({ ...header, type: 'directory' })];
    if (!stat.isFile()) return undefined;
    const content = contentOf(path);
    if (content === undefined)
      return streamed(path, (size) => encodeEntry({ ...header, type: 'file', size }));
    return [
      encodeEntry({ ...header, type: 'file', size: content.length }),
      content,
      paddingOf(content.length),
    ];
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'EACCES' || code === 'EPERM' ? unreadable : undefined;
  }
}

const open = (path: Buffer): number =>
  openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);

/** Undefined for a large file. */
function contentOf(path: Buffer): Buffer | undefined {
  const fd = open(path);
  try {
    const { size } = fstatSync(fd);
    if (size >= large) return undefined;
    const content = Buffer.alloc(size);
    let at = 0;
    for (let n = -1; n !== 0 && at < size; at += n) n = readSync(fd, content, at, size - at, null);
    return content.subarray(0, at);
  } finally {
    closeSync(fd);
  }
}

/**
 * An archive of one file. If the file is shortened after its size was sent, its end is filled with zeros; the change
 * will be reported again.
 */
async function* streamed(path: Buffer, header: (size: number) => Buffer): AsyncGenerator<Buffer> {
  const fd = open(path);
  try {
    const { size } = fstatSync(fd);
    yield header(size);
    for (let left = size; left > 0; ) {
      const part = Buffer.alloc(Math.min(piece, left));
      const { bytesRead } = await readAsync(fd, part, 0, part.length, null);
      left -= bytesRead === 0 ? part.length : bytesRead;
      yield bytesRead === 0 ? part : part.subarray(0, bytesRead);
    }
    yield paddingOf(size);
    yield endOfArchive;
  } finally {
    closeSync(fd);
  }
}
