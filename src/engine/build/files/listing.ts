import type { BigIntStats } from 'node:fs';
import type { SourceTree, Visited } from './source-tree.ts';

/** Thrown when files changed between their digest and their copy: what was made is not what its key says. */
export class ChangedMeanwhile extends Error {}

/** Something that was found below a source when it was digested. */
export interface Listed {
  /** Relative to the source; '' for itself. */
  readonly below: string;
  /** What stat(2) said of it: when that is another thing, its content may be. */
  readonly identity: string;
  /**
   * Of a file with one name: all that a copy of it by the same instruction has, its content by a digest. Two files with the same traits
   * have the same copy.
   */
  readonly traits?: string;
}

/** What is below a source, in the order of the tree. */
export interface Listing {
  /** Of the source in its tree, links followed. */
  readonly path: string;
  readonly entries: readonly Listed[];
}

/** The times of a directory change with what is in it, left out or not. */
export function identityOf(stat: BigIntStats, { ownerless }: Pick<SourceTree, 'ownerless'>): string {
  const own = `${stat.ino}:${stat.mode}`;
  if (stat.isDirectory()) return own;
  // Nobody writes into results of steps; further names of their files change the time of change.
  return `${own}:${stat.size}:${stat.mtimeNs}${ownerless ? `:${stat.ctimeNs}` : ''}`;
}

/** @param digest of a regular file that is there, by a StatCache */
export function listedOf(
  tree: SourceTree,
  { below, stat }: Pick<Visited, 'below' | 'stat'>,
  digest?: string,
): Listed {
  const identity = identityOf(stat, tree);
  if (digest === undefined || stat.nlink !== 1n) return { below, identity };
  const traits = `${(stat.mode & 0o7777n).toString(8)}:${ownerOf(tree, stat)}:${stat.mtimeNs}:${digest}`;
  return { below, identity, traits };
}

/** Owner and group that count: everything of a context is root's. */
export const ownerOf = ({ ownerless }: SourceTree, { uid, gid }: Pick<BigIntStats, 'uid' | 'gid'>): string =>
  ownerless ? '0:0' : `${uid}:${gid}`;
