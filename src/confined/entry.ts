import { closeSync, constants, fstatSync, openSync, type Stats } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { readLinkOf } from '../sys/at-calls.ts';

/**
 * An entry in a root, held by an O_PATH descriptor: `stat` and what is read belong to the same file, whatever happens
 * to its name meanwhile. The caller closes it.
 */
export class ConfinedEntry {
  /** Path inside the root, with links in its parents resolved; see names.ts. */
  readonly path: string;
  readonly fd: number;
  readonly stat: Stats;
  #closed = false;

  constructor(path: string, fd: number, stat: Stats = fstatSync(fd)) {
    this.path = path;
    this.fd = fd;
    this.stat = stat;
  }

  /** Nanoseconds since the epoch. */
  modified(): bigint {
    return fstatSync(this.fd, { bigint: true }).mtimeNs;
  }

  /** The text of a symbolic link, bytes in latin1. */
  linkText(): string {
    return readLinkOf(this.fd).toString('latin1');
  }

  /** Opens a regular file for reading; the caller closes it. Of other kinds only directories may be opened like this. */
  open(): number {
    return openSync(`/proc/self/fd/${this.fd}`, constants.O_RDONLY | constants.O_NONBLOCK);
  }

  /** Names in a directory, sorted by byte; bytes in latin1. */
  async names(): Promise<string[]> {
    const names = await readdir(`/proc/self/fd/${this.fd}`, { encoding: 'latin1' });
    return names.sort();
  }

  /** Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    closeSync(this.fd);
  }
}
