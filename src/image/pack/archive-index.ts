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

/** The lines of an index while its archive is made: they take less memory than what they say. */
export class IndexLines {
  readonly #lines: string[] = [];

  /** A name with an end of line is left out. */
  add(path: string, { at, length, size }: Segment): void {
    if (!path.includes('\n')) this.#lines.push(`${at} ${length} ${size} ${path}`);
  }

  text(): string {
    return withCheck(version, this.#lines.join('\n'));
  }
}

/** Undefined for what is not whole. Pure. @param wanted the files that are asked for */
export function decodeIndex(text: string, wanted: ReadonlySet<string>): ArchiveIndex | undefined {
  const body = checkedText(version, text);
  if (body === undefined) return undefined;
  const index = new Map<string, Segment>();
  for (const line of body.split('\n')) {
    const [at = '', length = '', size = ''] = line.split(' ', 3);
    const path = line.slice(at.length + length.length + size.length + 3);
    if (wanted.has(path)) index.set(path, { at: Number(at), length: Number(length), size: Number(size) });
  }
  return index;
}

const pathsVersion = 'paths-1';

/** A list of paths without ends of lines in them. Pure. */
export const encodePaths = (paths: Iterable<string>): string =>
  withCheck(pathsVersion, [...paths].join('\n'));

/** Undefined for what is not whole. Pure. */
export function decodePaths(text: string): ReadonlySet<string> | undefined {
  const body = checkedText(pathsVersion, text);
  return body === undefined ? undefined : new Set(body.split('\n'));
}

/** A file of the one or the other kind; '' when it can't be read, which is no such text. */
export function readText(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
