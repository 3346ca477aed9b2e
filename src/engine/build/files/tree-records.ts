import { constants } from 'node:fs';
import { sha256 } from '../../../build/llb/operation.ts';
import type { ConfinedEntry } from '../../../confined/entry.ts';
import { baseOf, parentOf } from '../../../confined/names.ts';
import type { FileStatus } from '../../../sys/file-status.ts';
import { listExtendedAttributes } from '../../../sys/xattr.ts';
import { type SourceTree, type Visited, walk } from './source-tree.ts';
import type { StatCache } from './stat-cache.ts';

/** An entry of a tree with the digest by which BuildKit's caches identify it. */
export interface TreeRecord {
  /** Path in its tree. */
  readonly path: string;
  readonly kind: 'directory' | 'link' | 'other';
  /** Of kind, mode, owner and content; for a directory without its entries. */
  readonly digest: string;
  readonly children: readonly TreeRecord[];
}

type Growing = Omit<TreeRecord, 'children'> & { readonly children: Growing[] };

const linkMode = 0o777;

/** What is at a path of a tree, and below it; undefined when there is nothing. Links are not followed. */
export async function treeRecords(
  tree: SourceTree,
  path: string,
  files: StatCache,
): Promise<TreeRecord | undefined> {
  const known = new Map<string, Growing>();
  await walk(tree, path, {}, async (visited) => {
    const record = await recordOf(tree, visited, files);
    known.set(visited.below, record);
    if (visited.below !== '') known.get(parentOf(visited.below))?.children.push(record);
  });
  return known.get('');
}

async function recordOf(tree: SourceTree, visited: Visited, files: StatCache): Promise<Growing> {
  const { path, stat } = visited;
  const made = (kind: TreeRecord['kind'], digest: string): Growing => ({ path, kind, digest, children: [] });
  // The top of a context is never sent: it has no mode and no owner.
  if (path === '' && tree.ownerless) return made('directory', sha256(''));
  const owner = tree.ownerless ? '0:0' : `${stat.uid}:${stat.gid}`;
  if (stat.isFile()) {
    const head = (entry: ConfinedEntry) => headOf(stat, owner) + (tree.ownerless ? '' : attributesOf(entry));
    return made('other', `sha256:${(await files.sum(stat, visited.open, owner, head)) ?? ''}`);
  }
  if (stat.isSymbolicLink()) {
    const entry = visited.open();
    const text = entry?.stat.isSymbolicLink() ? entry.linkText() : '';
    entry?.close();
    return made('link', sha256(Buffer.from(headOf(stat, owner, text), 'latin1')));
  }
  return made(stat.isDirectory() ? 'directory' : 'other', sha256(headOf(stat, owner)));
}

/** Everything about a file that counts besides its content, in the form of an archive's header. */
function headOf(stat: FileStatus, owner: string, link = ''): string {
  const [uid = '', gid = ''] = owner.split(':');
  const mode = stat.isSymbolicLink() ? linkMode : Number(stat.mode) & 0o7777;
  const size = stat.isFile() ? stat.size : 0;
  const device = stat.isCharacterDevice() || stat.isBlockDevice() ? stat.rdev : 0n;
  const major = ((device >> 8n) & 0xfffn) | ((device >> 32n) & ~0xfffn);
  const minor = (device & 0xffn) | ((device >> 12n) & ~0xffn & 0xffffffffn);
  const type = types[Number(stat.mode) & constants.S_IFMT] ?? '0';
  return `namemode${mode}uid${uid}gid${gid}size${size}typeflag${type}linkname${link}unamegnamedevmajor${major}devminor${minor}`;
}

const types: Readonly<Record<number, string>> = {
  [constants.S_IFREG]: '0',
  [constants.S_IFLNK]: '2',
  [constants.S_IFCHR]: '3',
  [constants.S_IFBLK]: '4',
  [constants.S_IFDIR]: '5',
  [constants.S_IFIFO]: '6',
};

/** Extended attributes count only by their names. */
const attributesOf = (entry: ConfinedEntry): string =>
  listExtendedAttributes(entry.fd)
    .filter(
      (name) => name === 'security.capability' || !/^(?:security|system|trusted|com\.apple)\./.test(name),
    )
    .sort()
    .join('');

/** The digest of a record with everything below it. */
export function wholeDigest(record: TreeRecord): string {
  if (record.kind !== 'directory') return record.digest;
  const parts = record.children.map((child) => `\0${baseOf(child.path)}${wholeDigest(child)}`);
  return sha256(Buffer.from(`\0${record.digest}${parts.join('')}`, 'latin1'));
}
