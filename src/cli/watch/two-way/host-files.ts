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
 * The files of a rule on this machine, for what comes out of a container: its names are walked below the rule's own directory, so that
 * no link that stands there leads out. Paths are absolute, bytes in latin1.
 */
export class HostFiles {
  readonly #top: string;

  /** `path`: that of the rule, a directory or a file. */
  constructor(path: string) {
    this.#top = isDirectory(path) ? path : posix.dirname(path);
  }

  /** Puts a file there as a whole, belonging to whom the rule's directory does. @throws errors of the system */
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

  /** Removes a file; one that is gone is none. @throws errors of the system */
  remove(path: string): void {
    this.#at(path, ({ directory, name }) => removeIfThere(inDirectory(directory, name)));
  }

  /** Whether something stands there. */
  has(path: string): boolean {
    try {
      lstatSync(bytes(path));
      return true;
    } catch {
      return false;
    }
  }

  /** Has the place in the descriptor of its directory, whose parents are made where they are missing. @throws ENOTDIR, ELOOP for links */
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

/** A name in a directory that is open. */
interface Place {
  readonly directory: number;
  readonly name: string;
}

/** What the kernel looks up in the very directory, whatever is renamed meanwhile: openat(2) without calling libc. */
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
