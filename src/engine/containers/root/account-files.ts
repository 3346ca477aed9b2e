import { closeSync, readSync } from 'node:fs';
import type { ConfinedDirectory } from '../../../confined/confined-directory.ts';
import type { ConfinedEntry } from '../../../confined/entry.ts';
import { TcomposeError } from '../../../errors.ts';
import type { AccountFiles } from '../../../runtime/spec/users.ts';
import { errnoNameOf } from '../../../sys/at-calls.ts';

/** No real account file is larger; a larger one would be an attempt to fill our memory. */
const largestFile = 8 * 1024 * 1024;

/**
 * /etc/passwd and /etc/group of a container's root. Links are followed only inside the root, and only regular files are
 * read. Throws RUNTIME_USER for a file that is too large, and for a loop of links.
 */
export function readAccountFiles(root: ConfinedDirectory): AccountFiles {
  return { passwd: readText(root, 'etc/passwd'), group: readText(root, 'etc/group') };
}

function readText(root: ConfinedDirectory, path: string): string | undefined {
  let entry: ConfinedEntry | undefined;
  try {
    entry = root.find(path, true);
  } catch (error) {
    if (errnoNameOf(error) === 'ELOOP') throw unreadable(path, 'is part of a loop of links');
    throw error;
  }
  if (entry === undefined) return undefined;
  try {
    if (!entry.stat.isFile()) return undefined;
    if (entry.stat.size > largestFile) throw unreadable(path, `is ${entry.stat.size} bytes long`);
    return readAll(entry, entry.stat.size);
  } finally {
    entry.close();
  }
}

/** At most `size` bytes, even if the file grows meanwhile. */
function readAll(entry: ConfinedEntry, size: number): string {
  const fd = entry.open();
  try {
    const bytes = Buffer.alloc(size);
    let at = 0;
    for (let read = -1; read !== 0 && at < size; at += read) read = readSync(fd, bytes, at, size - at, null);
    return bytes.toString('utf8', 0, at);
  } finally {
    closeSync(fd);
  }
}

function unreadable(path: string, why: string): TcomposeError {
  return new TcomposeError('RUNTIME_USER', `the image's /${path} ${why} and is not read`, {
    hint: 'Give a numeric user id and group id.',
  });
}
