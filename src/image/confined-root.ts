import { chmodSync, lstatSync, mkdirSync, readlinkSync, rmSync, type Stats } from 'node:fs';
import { errnoOf } from './layer-system.ts';
import { archiveError, shownName } from './tar/archive-error.ts';

const separator = Buffer.from('/');
const mostLinks = 40;

/**
 * A directory tree that an archive is unpacked into. Names from the archive become host paths of which every part but
 * the last is known to be a real directory below the root: symbolic links on the way are read and followed here, inside the
 * root, never by the kernel. That holds as long as nobody else writes in the tree, so its parent must be private.
 * Names are bytes in latin1.
 */
export class ConfinedRoot {
  readonly #root: Buffer;
  /** Relative names of verified directories. */
  readonly #directories = new Set<string>(['']);

  constructor(root: string) {
    this.#root = Buffer.from(root);
  }

  /**
   * Splits an archive's name into its parts; leading slashes and `.` count for nothing, the empty list is the root.
   * @throws TcomposeError IMAGE_ARCHIVE for `..`
   */
  static parts(name: string): string[] {
    const parts = name.split('/').filter((part) => part !== '' && part !== '.');
    if (parts.includes('..')) throw archiveError(`${shownName(name)} has ".." in its name`);
    return parts;
  }

  /** Host path of a relative name whose parts are real. */
  path(relative: string): Buffer {
    if (relative === '') return this.#root;
    return Buffer.concat([this.#root, separator, Buffer.from(relative, 'latin1')]);
  }

  /**
   * Relative name of the real directory that `parts` lead to. Missing directories are made (0755) unless `create` is
   * false; then the answer is undefined.
   * @throws TcomposeError IMAGE_ARCHIVE when a part is no directory
   */
  directory(parts: readonly string[], create: boolean): string | undefined {
    const waiting = [...parts].reverse();
    let current = '';
    let links = 0;
    while (waiting.length > 0) {
      const part = waiting.pop()!;
      if (part === '' || part === '.') continue;
      if (part === '..') {
        current = current.slice(0, Math.max(0, current.lastIndexOf('/')));
        continue;
      }
      const next = current === '' ? part : `${current}/${part}`;
      if (this.#directories.has(next)) {
        current = next;
        continue;
      }
      const path = this.path(next);
      const stat = lstatOrNothing(path);
      if (stat === undefined) {
        if (!create) return undefined;
        mkdirSync(path);
        chmodSync(path, 0o755);
      } else if (stat.isSymbolicLink()) {
        if (++links > mostLinks)
          throw archiveError(`${shownName(parts.join('/'))} goes through too many symbolic links`);
        const text = readlinkSync(path, 'latin1');
        if (text.startsWith('/')) current = '';
        waiting.push(...text.split('/').reverse());
        continue;
      } else if (!stat.isDirectory()) {
        throw archiveError(
          `${shownName(parts.join('/'))} lies in ${shownName(next)}, which is not a directory`,
        );
      }
      this.#directories.add(next);
      current = next;
    }
    return current;
  }

  /** Where an entry named `name` goes; makes its parent. The root itself is ''. */
  place(name: string): string {
    const parts = ConfinedRoot.parts(name);
    const base = parts.pop();
    if (base === undefined) return '';
    const parent = this.directory(parts, true)!;
    return parent === '' ? base : `${parent}/${base}`;
  }

  /** What exists at a relative name, itself and not what it links to. */
  stat(relative: string): Stats | undefined {
    return lstatOrNothing(this.path(relative));
  }

  /** Takes away whatever is at a relative name. */
  remove(relative: string): void {
    rmSync(this.path(relative), { recursive: true, force: true });
    if (!this.#directories.has(relative)) return;
    for (const known of this.#directories)
      if (known === relative || known.startsWith(`${relative}/`)) this.#directories.delete(known);
  }

  /** Says that a directory has been made at a relative name. */
  made(relative: string): void {
    this.#directories.add(relative);
  }
}

function lstatOrNothing(path: Buffer): Stats | undefined {
  try {
    return lstatSync(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
