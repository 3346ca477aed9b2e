import {
  chmodSync,
  closeSync,
  read as readCallback,
  readSync,
  type Stats,
  write as writeCallback,
  writeSync,
} from 'node:fs';
import { promisify } from 'node:util';
import { changeOwnerOf, changeTimesTo, makeDirectoryAt } from '../sys/at-calls.ts';
import { getExtendedAttribute, listExtendedAttributes, setExtendedAttribute } from '../sys/xattr.ts';
import type { ConfinedDirectory } from './confined-directory.ts';
import type { ConfinedEntry } from './entry.ts';
import { linkAgain, makeAlike } from './make-alike.ts';
import { joined } from './names.ts';
import { turns } from './turns.ts';

const readAsync = promisify(readCallback);
const writeAsync = promisify(writeCallback);
/** Bytes copied at a time; larger files are copied off the main thread. */
const pieceSize = 256 * 1024;
/** With and without the mount option `userxattr`, and the name that fuse-overlayfs writes. */
const opaqueNames = ['trusted.overlay.opaque', 'user.overlay.opaque', 'user.fuseoverlayfs.opaque'];
/** Files with which fuse-overlayfs additionally marks an opaque directory; it hides all names that begin like this. */
const opaqueFiles: readonly string[] = ['.wh..wh..opq', '.wh..opq'];

/** Names in an upper directory without the marks of fuse-overlayfs, which repeat what the directory's attributes say. */
export const withoutMarks = (names: readonly string[]): string[] =>
  names.filter((name) => !opaqueFiles.includes(name));

/**
 * Whether overlayfs treats it as "deleted here": a character device 0:0 (overlayfs.rst, "Whiteouts and opaque
 * directories").
 */
export const isWhiteout = (stat: Stats): boolean => stat.isCharacterDevice() && stat.rdev === 0;

/** Whether an attribute is one of an overlay's own marks. */
export const isOverlayAttribute = (name: string): boolean =>
  /^(trusted|user)\.overlay\.|^user\.fuseoverlayfs\./.test(name);

/** Whether overlayfs hides the layers below in a directory. */
export function isOpaque(directory: ConfinedEntry): boolean {
  return opaqueNames.some((name) => {
    try {
      return getExtendedAttribute(directory.fd, name)?.toString() === 'y';
    } catch {
      // A file system without extended attributes has no opaque directories.
      return false;
    }
  });
}

/**
 * Copies a directory of one root into a directory of another: owners, modes, times, extended attributes, hard links and
 * nodes. Existing entries with the same name are replaced, directories are merged. With `overlayMarks` whiteouts and
 * opaque directories take effect in the target instead of being copied. What vanishes meanwhile is skipped.
 */
export async function copyTree(
  from: { readonly root: ConfinedDirectory; readonly path: string },
  to: { readonly root: ConfinedDirectory; readonly path: string },
  options: { readonly overlayMarks?: boolean } = {},
): Promise<void> {
  await new TreeCopier(from.root, to.root, options.overlayMarks ?? false).directory(from.path, to.path);
}

class TreeCopier {
  readonly #source: ConfinedDirectory;
  readonly #target: ConfinedDirectory;
  readonly #marks: boolean;
  readonly #turn = turns();
  /** `device:inode` of files with several names → where the first one was copied to. */
  readonly #links = new Map<string, string>();

  constructor(source: ConfinedDirectory, target: ConfinedDirectory, marks: boolean) {
    this.#source = source;
    this.#target = target;
    this.#marks = marks;
  }

  async directory(from: string, to: string): Promise<void> {
    const source = this.#source.find(from);
    if (!source?.stat.isDirectory()) return source?.close();
    try {
      const names = await this.#source.names(source);
      for (const name of this.#marks ? withoutMarks(names) : names) {
        await this.#turn();
        const child = this.#source.find(joined(from, name));
        try {
          if (child !== undefined) await this.#child(child, joined(to, name));
        } finally {
          child?.close();
        }
      }
      this.#attributes(source, to);
    } finally {
      source.close();
    }
  }

  async #child(child: ConfinedEntry, to: string): Promise<void> {
    const { stat } = child;
    const there = this.#target.find(to);
    there?.close();
    const merges = there?.stat.isDirectory() && stat.isDirectory() && !(this.#marks && isOpaque(child));
    if (there !== undefined && !merges) await this.#target.remove(to);
    if (this.#marks && isWhiteout(stat)) return;
    if (stat.isDirectory()) {
      if (!merges) {
        const place = this.#target.place(to);
        makeDirectoryAt(place.directory, place.name, 0o700);
      }
      return this.directory(child.path, to);
    }
    const inode = `${stat.dev}:${stat.ino}`;
    const copied = stat.nlink > 1 ? this.#links.get(inode) : undefined;
    if (copied !== undefined) return linkAgain(this.#target, copied, to);
    if (stat.isSocket()) return;
    await makeAlike(this.#target, child, to, copyContent);
    if (stat.nlink > 1) this.#links.set(inode, to);
    this.#attributes(child, to);
  }

  #attributes(source: ConfinedEntry, to: string): void {
    const made = this.#target.find(to);
    if (made === undefined) return;
    try {
      const { stat, fd } = source;
      changeOwnerOf(made.fd, stat.uid, stat.gid);
      for (const name of listExtendedAttributes(fd)) {
        if (isOverlayAttribute(name)) continue;
        const value = getExtendedAttribute(fd, name);
        if (value !== undefined) setExtendedAttribute(made.fd, name, value);
      }
      if (!made.stat.isSymbolicLink()) chmodSync(`/proc/self/fd/${made.fd}`, stat.mode & 0o7777);
      changeTimesTo(made.fd, source.modified());
    } finally {
      made.close();
    }
  }
}

/** Takes ownership of `target`. */
async function copyContent(source: ConfinedEntry, target: number): Promise<void> {
  let from: number | undefined;
  try {
    from = source.open();
    const piece = Buffer.allocUnsafe(Math.max(1, Math.min(pieceSize, source.stat.size)));
    const small = source.stat.size <= pieceSize;
    for (;;) {
      const read = small
        ? readSync(from, piece)
        : (await readAsync(from, piece, 0, piece.length, null)).bytesRead;
      if (read === 0) return;
      for (let at = 0; at < read; )
        at += small
          ? writeSync(target, piece, at, read - at)
          : (await writeAsync(target, piece, at, read - at)).bytesWritten;
    }
  } finally {
    if (from !== undefined) closeSync(from);
    closeSync(target);
  }
}
