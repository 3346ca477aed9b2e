import { createHash, type Hash } from 'node:crypto';
import { closeSync, createReadStream, fstatSync } from 'node:fs';
import type { IgnoreMatcher } from '../../../build/ignore/matcher.ts';
import type { ConfinedEntry } from '../../../confined/entry.ts';
import { getExtendedAttribute } from '../../../sys/xattr.ts';
import type { Selected } from './select.ts';
import { type SourceTree, walk } from './source-tree.ts';

/** Files changed so recently (nanoseconds) may change again within one tick of their times. */
const unsettled = 2_000_000_000n;
/** Files remembered. */
const mostKnown = 200_000;

/** Digests of files by what stat(2) says of them, so that an unchanged tree is not read again. */
export class StatCache {
  readonly #known = new Map<string, string>();
  readonly #now: () => bigint;

  /** @param now nanoseconds since the epoch */
  constructor(now: () => bigint) {
    this.#now = now;
  }

  /** The digest of a regular file's content. */
  async of(entry: ConfinedEntry): Promise<string> {
    const { dev, ino, size, mtimeNs, ctimeNs } = fstatSync(entry.fd, { bigint: true });
    const key = `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const digest = await contentOf(entry);
    const newest = mtimeNs > ctimeNs ? mtimeNs : ctimeNs;
    if (this.#now() - newest > unsettled) {
      if (this.#known.size >= mostKnown) this.#known.clear();
      this.#known.set(key, digest);
    }
    return digest;
  }
}

async function contentOf(entry: ConfinedEntry): Promise<string> {
  const hash = createHash('sha256');
  const fd = entry.open();
  try {
    const stream = createReadStream('', { fd, autoClose: false, highWaterMark: 256 * 1024 });
    for await (const chunk of stream) hash.update(chunk as Buffer);
  } finally {
    closeSync(fd);
  }
  return hash.digest('hex');
}

/**
 * Digest of what is selected: names, kinds, modes, owners, content, link texts, device numbers and file capabilities; no times, and
 * nothing of where the tree is.
 */
export async function contentDigest(
  tree: SourceTree,
  selections: readonly Selected[],
  excludes: IgnoreMatcher | undefined,
  files: StatCache,
): Promise<string> {
  const hash = createHash('sha256');
  for (const { path, name, directory, parents } of selections) {
    hash.update(`source\0${directory && parents === '' ? '' : name}\0${parents}\0`);
    await walk(tree, path, excludes === undefined ? {} : { excludes }, async ({ entry, below }) => {
      // A directory gives its content: its own attributes are not copied.
      if (below === '' && directory && parents === '') return;
      await addEntry(hash, tree, entry, below, files);
    });
  }
  return hash.digest('hex');
}

async function addEntry(
  hash: Hash,
  tree: SourceTree,
  entry: ConfinedEntry,
  below: string,
  files: StatCache,
): Promise<void> {
  const { stat } = entry;
  const owner = tree.ownerless ? '0:0' : `${stat.uid}:${stat.gid}`;
  hash.update(`${below}\0${stat.mode.toString(8)}\0${owner}\0`);
  if (stat.isFile()) {
    const capability = getExtendedAttribute(entry.fd, 'security.capability');
    hash.update(`${await files.of(entry)}\0${capability?.toString('hex') ?? ''}\0`);
  } else if (stat.isSymbolicLink()) hash.update(`${entry.linkText()}\0`, 'latin1');
  else hash.update(`${stat.rdev}\0`);
}
