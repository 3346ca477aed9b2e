import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { posix } from 'node:path';
import { relativeTo } from '../../../watch/change.ts';

const bytes = (path: string): Buffer => Buffer.from(path, 'latin1');

/**
 * The files of a rule on this machine, for what comes out of a container: its names are resolved below the rule's own
 * directory, so that no link there leads out. Paths are absolute, bytes in latin1.
 */
export class HostFiles {
  readonly #top: string;

  /** `path`: the rule's path, a directory or a file. */
  constructor(path: string) {
    this.#top = isDirectory(path) ? path : posix.dirname(path);
  }

  /** Writes a file atomically, with the owner of the rule's directory. @throws errors of the system */
  write(path: string, content: Buffer, mode: number): void {
    this.#at(path, ({ directory, name }) => {
      const hash = createHash('sha256').update(name, 'latin1').digest('hex').slice(0, 12);
      const temporary = inDirectory(directory, `.tcompose-back-${hash}`);
      removeIfThere(temporary);
      const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
      const fd = openSync(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
      try {
        for (let at = 0; at < content.length; ) at += writeSync(fd, content, at);
        const { uid, gid } = statSync(bytes(this.#top));
        if (process.getuid?.() === 0) fchownSync(fd, uid, gid);
        fchmodSync(fd, mode & 0o777);
        renameSync(temporary, inDirectory(directory, name));
      } catch (error) {
        removeIfThere(temporary);
        throw error;
      } finally {
        closeSync(fd);
      }
    });
  }

  /** Removes a file; a missing one is not an error. @throws errors of the system */
  remove(path: string): void {
    this.#at(path, ({ directory, name }) => removeIfThere(inDirectory(directory, name)));
  }

  /** Whether something exists there. */
  has(path: string): boolean {
    try {
      lstatSync(bytes(path));
      return true;
    } catch {
      return false;
    }
  }

  /** Calls `work` with the place in its open directory, whose parents are made if missing. @throws ENOTDIR, ELOOP for links */
  #at(path: string, work: (place: Place) => void): void {
    const names = relativeTo(path, this.#top).split('/');
    if (names.some((name) => name === '' || name === '.' || name === '..'))
      throw new Error('not a path below the rule');
    const last = names.pop()!;
    let directory = openSync(bytes(this.#top), constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      for (const name of names) {
        const next = openDirectory(inDirectory(directory, name));
        closeSync(directory);
        directory = next;
      }
      work({ directory, name: last });
    } finally {
      closeSync(directory);
    }
  }
}

/** A name in an open directory. */
interface Place {
  readonly directory: number;
  readonly name: string;
}

/** A path that the kernel resolves in exactly this directory, whatever is renamed meanwhile: openat(2) without calling libc. */
const inDirectory = (directory: number, name: string): Buffer => bytes(`/proc/self/fd/${directory}/${name}`);

function openDirectory(path: Buffer): number {
  const open = () => openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    return open();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    mkdirSync(path);
    return open();
  }
}

function removeIfThere(path: Buffer): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

function isDirectory(path: string): boolean {
  try {
    return statSync(bytes(path)).isDirectory();
  } catch {
    return true;
  }
}
