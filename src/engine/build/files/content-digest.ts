import { createHash, type Hash } from 'node:crypto';
import type { IgnoreMatcher } from '../../../build/ignore/matcher.ts';
import { Listing, ownerOf } from './listing.ts';
import type { ReadingNote } from './reading-note.ts';
import type { Selected } from './select.ts';
import { type SourceTree, type Visited, walk } from './source-tree.ts';
import type { StatCache } from './stat-cache.ts';

/** Length of a SHA-256 in hex, with which a StatCache's digest begins. */
const sha256Length = 64;

/** What identifies a content. */
export interface ContentDigest {
  /**
   * Covers names, kinds, modes, owners, content, link texts and device numbers; for trees other than contexts also file
   * capabilities and user.* attributes; not times, and not where the tree is.
   */
  readonly content: string;
  /** For each selection, the entries that went into the digest. */
  readonly listings: readonly Listing[];
}

/** The digest of what is selected. */
export async function contentDigest(
  tree: SourceTree,
  selections: readonly Selected[],
  excludes: IgnoreMatcher | undefined,
  files: StatCache,
  note?: ReadingNote,
): Promise<ContentDigest> {
  const content = createHash('sha256');
  const listings: Listing[] = [];
  for (const { path, name, directory, parents } of selections) {
    const listing = new Listing(tree, path);
    content.update(`source\0${directory && parents === '' ? '' : name}\0${parents}\0`);
    await walk(tree, path, excludes === undefined ? {} : { excludes }, async (visited) => {
      note?.add(tree, visited);
      // A directory stands for its content: its own attributes are not copied.
      const counts = visited.below !== '' || !directory || parents !== '';
      const digest = counts ? await addEntry(content, tree, visited, files) : undefined;
      listing.add(visited, digest);
    });
    listings.push(listing);
  }
  return { content: content.digest('hex'), listings };
}

/** @returns the digest of a regular file */
async function addEntry(
  hash: Hash,
  tree: SourceTree,
  visited: Visited,
  files: StatCache,
): Promise<string | undefined> {
  const { stat, below, open } = visited;
  const head = `${below}\0${stat.mode.toString(8)}\0${ownerOf(tree, stat)}\0`;
  if (stat.isFile()) {
    const known = await files.of(stat, open);
    // Attributes of a context's files don't get into an image.
    const digest = tree.ownerless ? known?.slice(0, sha256Length) : known;
    hash.update(`${head}${digest}\0`);
    return digest;
  }
  if (stat.isSymbolicLink()) {
    const entry = open();
    hash.update(`${head}${entry?.stat.isSymbolicLink() ? entry.linkText() : ''}\0`, 'latin1');
    entry?.close();
  } else hash.update(`${head}${stat.rdev}\0`);
  return undefined;
}

/** What is selected, without reading any files. */
export async function list(tree: SourceTree, { path }: Selected): Promise<Listing> {
  const listing = new Listing(tree, path);
  await walk(tree, path, {}, (visited) => listing.add(visited));
  return listing;
}
