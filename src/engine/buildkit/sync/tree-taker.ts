import { chmodSync, closeSync, constants, fchmodSync, writeSync } from 'node:fs';
import type { ConfinedDirectory } from '../../../confined/confined-directory.ts';
import { deviceNumber } from '../../../confined/device-number.ts';
import type { ConfinedEntry } from '../../../confined/entry.ts';
import { baseOf, cName, joined, parentOf } from '../../../confined/names.ts';
import { turns } from '../../../confined/turns.ts';
import {
  changeTimesOf,
  changeTimesOfFile,
  linkAt,
  makeDirectoryAt,
  makeNodeAt,
  symlinkAt,
} from '../../../sys/at-calls.ts';
import { openName } from '../../../sys/openat2.ts';
import { setExtendedAttribute } from '../../../sys/xattr.ts';
import { GrpcError } from '../wire/status.ts';
import type { TreeTaker } from './receive.ts';
import type { Entry } from './stat.ts';

const exclusive = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
/** Most files that are written at a time: BuildKit's clients send four. */
const mostOpen = 64;
/** Times are given to the kernel in seconds: within this many nanoseconds they are equal. */
const sameTime = 1000n;
/** Attributes that matter in an image; a client's other attributes are ignored. */
const kept = /^(?:user\.(?!overlay\.|fuseoverlayfs\.)|security\.capability$)/;
const nodeType = { pipe: constants.S_IFIFO, character: constants.S_IFCHR, block: constants.S_IFBLK } as const;

/** What a transfer did. */
export interface Transferred {
  readonly files: number;
  readonly bytes: number;
}

/**
 * Makes a directory equal to a client's. An entry that exists already and looks the same (kind, mode, size, time, link)
 * is not requested again; what is not listed is removed. Everything belongs to root. An interrupted transfer leaves
 * files whose time differs from the client's, so that the next one requests them.
 */
export class TreeTakerInto implements TreeTaker {
  readonly #root: ConfinedDirectory;
  readonly #turn = turns();
  /** Listed names, by directory. */
  readonly #told = new Map<string, Set<string>>([['', new Set()]]);
  readonly #directories: Entry[] = [];
  readonly #files = new Set<string>();
  readonly #links: Entry[] = [];
  readonly #awaited = new Map<number, Entry>();
  readonly #open = new Map<number, number>();
  #count = 0;
  #bytes = 0;

  constructor(root: ConfinedDirectory) {
    this.#root = root;
  }

  get transferred(): Transferred {
    return { files: this.#count, bytes: this.#bytes };
  }

  async entry(entry: Entry, id: number): Promise<boolean> {
    await this.#turn();
    const { path, kind } = entry;
    this.#told.get(parentOf(path))?.add(baseOf(path));
    if (kind === 'file') this.#files.add(path);
    if (kind === 'directory') {
      this.#told.set(path, new Set());
      this.#directories.push(entry);
    }
    // The content of the file that it links to may not have arrived yet.
    if (kind === 'hard-link') {
      if (!this.#files.has(entry.link))
        throw new GrpcError('invalid-argument', 'a hard link leads to a file that was not listed');
      this.#links.push(entry);
      return false;
    }
    const there = this.#root.find(path);
    try {
      if (there !== undefined && isLike(there, entry)) return false;
    } finally {
      there?.close();
    }
    if (there !== undefined) await this.#root.remove(path);
    if (kind === 'file') {
      this.#awaited.set(id, entry);
      return true;
    }
    const { directory, name } = this.#root.place(path, false);
    if (kind === 'directory') makeDirectoryAt(directory, name, 0o700);
    else if (kind === 'link') symlinkAt(cName(entry.link), directory, name);
    else makeNodeAt(directory, name, nodeType[kind] | 0o600, entry.major, entry.minor);
    if (kind !== 'directory') this.#attributes(entry);
    return false;
  }

  async data(id: number, piece: Buffer): Promise<void> {
    await this.#turn();
    const fd = this.#open.get(id) ?? this.#create(id);
    for (let at = 0; at < piece.length; ) at += writeSync(fd, piece, at);
    this.#bytes += piece.length;
    if (piece.length > 0) return;
    const entry = this.#awaited.get(id)!;
    this.#awaited.delete(id);
    this.#open.delete(id);
    this.#count++;
    try {
      for (const [name, value] of entry.attributes)
        if (kept.test(name)) setExtendedAttribute(fd, name, value);
      fchmodSync(fd, entry.mode);
      changeTimesOfFile(fd, secondsOf(entry));
    } finally {
      closeSync(fd);
    }
  }

  async finish(): Promise<void> {
    for (const { path, link } of this.#links) {
      await this.#root.remove(path);
      const from = this.#root.place(link, false);
      const source = { directory: from.directory, name: from.name };
      const to = this.#root.place(path, false);
      linkAt(source.directory, source.name, to.directory, to.name);
    }
    for (const [path, names] of this.#told) await this.#removeOthers(path, names);
    for (const entry of this.#directories.reverse()) {
      await this.#turn();
      this.#attributes(entry);
    }
  }

  /** Abandons the files that are open. Idempotent. */
  close(): void {
    for (const fd of this.#open.values()) closeSync(fd);
    this.#open.clear();
  }

  #create(id: number): number {
    const entry = this.#awaited.get(id);
    if (entry === undefined || this.#open.size >= mostOpen)
      throw new GrpcError('resource-exhausted', 'too many files are being sent at once');
    const { directory, name } = this.#root.place(entry.path, false);
    const fd = openName(directory, name, exclusive, 0o600);
    this.#open.set(id, fd);
    return fd;
  }

  async #removeOthers(path: string, names: ReadonlySet<string>): Promise<void> {
    const directory = this.#root.find(path);
    if (directory === undefined) return;
    const there = await directory.names().finally(() => directory.close());
    for (const name of there) if (!names.has(name)) await this.#root.remove(joined(path, name), this.#turn);
  }

  #attributes(entry: Entry): void {
    const made = this.#root.find(entry.path);
    if (made === undefined) return;
    try {
      if (entry.kind !== 'link' && (made.stat.mode & 0o7777) !== entry.mode)
        chmodSync(`/proc/self/fd/${made.fd}`, entry.mode);
      if (!near(made.modified(), entry.modified)) changeTimesOf(made.fd, secondsOf(entry));
    } finally {
      made.close();
    }
  }
}

const secondsOf = ({ modified }: Entry): number => Number(modified) / 1e9;

const near = (a: bigint, b: bigint): boolean => (a > b ? a - b : b - a) < sameTime;

/** Whether an existing entry can stay; a directory's mode and time are set at the end. */
function isLike(there: ConfinedEntry, entry: Entry): boolean {
  const { stat } = there;
  switch (entry.kind) {
    case 'directory':
      return stat.isDirectory();
    case 'link':
      return (
        stat.isSymbolicLink() && there.linkText() === entry.link && near(there.modified(), entry.modified)
      );
    case 'file':
      return (
        stat.isFile() &&
        (stat.mode & 0o7777) === entry.mode &&
        stat.size === entry.size &&
        near(there.modified(), entry.modified)
      );
    case 'pipe':
      return stat.isFIFO() && (stat.mode & 0o7777) === entry.mode;
    case 'hard-link':
      return false;
    default: {
      const { major, minor } = deviceNumber(stat.rdev);
      const same = entry.kind === 'block' ? stat.isBlockDevice() : stat.isCharacterDevice();
      return same && major === entry.major && minor === entry.minor && (stat.mode & 0o7777) === entry.mode;
    }
  }
}
