import { createHash, type Hash } from 'node:crypto';
import type { IgnoreMatcher } from '../../../build/ignore/matcher.ts';
import type { ReadingNote } from './reading-note.ts';
import type { Selected } from './select.ts';
import { type SourceTree, type Visited, walk } from './source-tree.ts';
import type { StatCache } from './stat-cache.ts';

/** What a content is known by. */
export interface ContentDigest {
  /** Names, kinds, modes, owners, content, link texts, device numbers and file capabilities; no times, and nothing of where the tree is. */
  readonly content: string;
  /** For each selection what a StatWitness makes of it. */
  readonly stats: readonly string[];
}

/** Remembers what stat(2) said of the files of a selection: when that is another thing, their content may be. */
export class StatWitness {
  readonly #hash = createHash('sha256');

  add({ below, stat }: Visited): void {
    // The times of a directory change with what is in it, left out or not.
    const own = stat.isDirectory() ? '' : `${stat.size}:${stat.mtimeNs}:${stat.ctimeNs}`;
    this.#hash.update(`${below}\0${stat.ino}:${stat.mode}:${own}\0`);
  }

  /** To be said when a file turned out to be another one than was added. */
  spoil(): void {
    this.#hash.update('changed');
  }

  digest(): string {
    return this.#hash.digest('hex');
  }
}

/** Digests of what is selected. */
export async function contentDigest(
  tree: SourceTree,
  selections: readonly Selected[],
  excludes: IgnoreMatcher | undefined,
  files: StatCache,
  note?: ReadingNote,
): Promise<ContentDigest> {
  const content = createHash('sha256');
  const stats: string[] = [];
  for (const { path, name, directory, parents } of selections) {
    const witness = new StatWitness();
    content.update(`source\0${directory && parents === '' ? '' : name}\0${parents}\0`);
    await walk(tree, path, excludes === undefined ? {} : { excludes }, async (visited) => {
      witness.add(visited);
      note?.add(tree, visited);
      // A directory gives its content: its own attributes are not copied.
      if (visited.below === '' && directory && parents === '') return;
      await addEntry(content, tree, visited, files);
    });
    stats.push(witness.digest());
  }
  return { content: content.digest('hex'), stats };
}

async function addEntry(hash: Hash, tree: SourceTree, visited: Visited, files: StatCache): Promise<void> {
  const { stat, below, open } = visited;
  const owner = tree.ownerless ? '0:0' : `${stat.uid}:${stat.gid}`;
  const head = `${below}\0${stat.mode.toString(8)}\0${owner}\0`;
  if (stat.isFile()) hash.update(`${head}${await files.of(stat, open)}\0`);
  else if (stat.isSymbolicLink()) {
    const entry = open();
    hash.update(`${head}${entry?.stat.isSymbolicLink() ? entry.linkText() : ''}\0`, 'latin1');
    entry?.close();
  } else hash.update(`${head}${stat.rdev}\0`);
}
