import { createHash } from 'node:crypto';
import { closeSync, fstatSync, readSync } from 'node:fs';
import type { ConfinedEntry } from '../../../confined/entry.ts';
import { turns } from '../../../confined/turns.ts';
import { isCarried } from '../../../image/pack/pack-tree.ts';
import type { FileStatus } from '../../../sys/file-status.ts';
import { getExtendedAttribute, listExtendedAttributes } from '../../../sys/xattr.ts';

/** Files changed less than this many nanoseconds ago may change again without a change of their times. */
const unsettled = 2_000_000_000n;
/** Files to remember; the least recently used ones are forgotten. */
const mostKnown = 200_000;
const pieceSize = 256 * 1024;

/**
 * Digests of files by what stat(2) says of them, so that an unchanged tree is not read again. A file's entry is the
 * SHA-256 of its content in hex, followed by a colon and its capabilities, and by a semicolon and a digest of its
 * user.* attributes, if it has any: a change of any of them alters its change time.
 */
export class StatCache {
  #known: Map<string, string>;
  readonly #now: () => bigint;
  /** Something was added since `taken`. */
  changed = false;

  /**
   * @param now nanoseconds since the epoch
   * @param known as returned by `entries`
   */
  constructor(now: () => bigint, known: Iterable<readonly [string, string]> = []) {
    this.#now = now;
    this.#known = new Map(known);
  }

  entries(): IterableIterator<[string, string]> {
    return this.#known.entries();
  }

  /** The digest of a regular file, which is opened if its digest is unknown. Undefined when it is gone. */
  of(stat: FileStatus, open: () => ConfinedEntry | undefined): Promise<string | undefined> {
    return this.#digest(stat, open, '', digestOf);
  }

  /**
   * The SHA-256, in hex, of a text followed by a regular file's content.
   * @param the owner, which keeps its entries apart from others
   * @param head the text, which describes the file
   */
  sum(
    stat: FileStatus,
    open: () => ConfinedEntry | undefined,
    owner: string,
    head: (entry: ConfinedEntry) => string,
  ): Promise<string | undefined> {
    return this.#digest(stat, open, `:${owner}`, (entry) => hashOf(entry, head(entry)));
  }

  async #digest(
    stat: FileStatus,
    open: () => ConfinedEntry | undefined,
    kind: string,
    digestOf: (entry: ConfinedEntry) => Promise<string>,
  ): Promise<string | undefined> {
    const known = this.#known.get(keyOf(stat) + kind);
    if (known !== undefined) return known;
    const entry = open();
    if (entry === undefined) return undefined;
    try {
      // The opened file counts, even if it is another one by now.
      const opened = fstatSync(entry.fd, { bigint: true });
      if (!opened.isFile()) return undefined;
      const digest = await digestOf(entry);
      const { mtimeNs, ctimeNs } = opened;
      const newest = mtimeNs > ctimeNs ? mtimeNs : ctimeNs;
      if (this.#now() - newest > unsettled) this.#remember(keyOf(opened) + kind, digest);
      return digest;
    } finally {
      entry.close();
    }
  }

  #remember(key: string, digest: string): void {
    if (this.#known.size >= mostKnown) {
      const [oldest] = this.#known.keys();
      this.#known.delete(oldest ?? '');
    }
    this.#known.set(key, digest);
    this.changed = true;
  }
}

const keyOf = ({ dev, ino, size, mtimeNs, ctimeNs }: FileStatus): string =>
  `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`;

/** Attributes that a layer carries are part of the content; most files have none. */
async function digestOf(entry: ConfinedEntry): Promise<string> {
  let digest = await hashOf(entry, '');
  const others = createHash('sha256');
  let any = false;
  for (const name of listExtendedAttributes(entry.fd).filter(isCarried).sort()) {
    const value = getExtendedAttribute(entry.fd, name)?.toString('hex') ?? '';
    if (name === 'security.capability') digest = `${digest}:${value}`;
    else {
      any = true;
      others.update(`${name}\0${value}\0`);
    }
  }
  return any ? `${digest};${others.digest('hex')}` : digest;
}

async function hashOf(entry: ConfinedEntry, head: string): Promise<string> {
  const hash = createHash('sha256').update(head);
  const turn = turns();
  const fd = entry.open();
  try {
    const piece = Buffer.allocUnsafe(Math.max(1, Math.min(pieceSize, entry.stat.size + 1)));
    for (let length = readSync(fd, piece); length > 0; length = readSync(fd, piece)) {
      hash.update(piece.subarray(0, length));
      await turn();
    }
  } finally {
    closeSync(fd);
  }
  return hash.digest('hex');
}
