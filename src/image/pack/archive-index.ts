import { readFileSync } from 'node:fs';
import { checkedText, withCheck } from './checked-text.ts';

/** Where an archive has a file: its headers, its content and what fills the last block. */
export interface Segment {
  /** Bytes from the archive's beginning. */
  readonly at: number;
  readonly length: number;
  /** Bytes of the content. */
  readonly size: number;
}

/** Which bytes of an archive stand for which file, in its order. Paths are bytes in latin1. */
export type ArchiveIndex = ReadonlyMap<string, Segment>;

const version = 'archive-index-1';

/** Names with an end of line are left out. Pure. */
export function encodeIndex(index: ArchiveIndex): string {
  const lines: string[] = [];
  for (const [path, { at, length, size }] of index)
    if (!path.includes('\n')) lines.push(`${at} ${length} ${size} ${path}`);
  return withCheck(version, lines.join('\n'));
}

/** Undefined for what is not whole. Pure. */
export function decodeIndex(text: string): ArchiveIndex | undefined {
  const body = checkedText(version, text);
  if (body === undefined) return undefined;
  const index = new Map<string, Segment>();
  for (const line of body.split('\n')) {
    const [at = '', length = '', size = ''] = line.split(' ', 3);
    const path = line.slice(at.length + length.length + size.length + 3);
    if (path !== '') index.set(path, { at: Number(at), length: Number(length), size: Number(size) });
  }
  return index;
}

const pathsVersion = 'paths-1';

/** A list of paths without ends of lines in them. Pure. */
export const encodePaths = (paths: Iterable<string>): string =>
  withCheck(pathsVersion, [...paths].join('\n'));

/** Undefined for what is not whole. Pure. */
export const decodePaths = (text: string): readonly string[] | undefined =>
  checkedText(pathsVersion, text)?.split('\n');

/** A file of the one or the other kind; '' when it can't be read, which is no such text. */
export function readText(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
