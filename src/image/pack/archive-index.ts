import { readFileSync } from 'node:fs';
import { checkedText, withCheck } from './checked-text.ts';

/** Where an archive has a file: its headers, its content and the padding of the last block. */
export interface Segment {
  /** Bytes from the archive's beginning. */
  readonly at: number;
  readonly length: number;
  /** Bytes of the content. */
  readonly size: number;
}

/** Which bytes of an archive hold which file, in the archive's order. Paths are bytes in latin1. */
export type ArchiveIndex = ReadonlyMap<string, Segment>;

const version = 'archive-index-1';

/** The lines of an index while its archive is made: as text they take less memory than as objects. */
export class IndexLines {
  readonly #lines: string[] = [];

  /** A name with a line break is left out. */
  add(path: string, { at, length, size }: Segment): void {
    if (!path.includes('\n')) this.#lines.push(`${at} ${length} ${size} ${path}`);
  }

  text(): string {
    return withCheck(version, this.#lines.join('\n'));
  }
}

/** Undefined for an incomplete text. Pure. @param wanted the files that are asked for */
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

/** A list of paths that contain no line breaks. Pure. */
export const encodePaths = (paths: Iterable<string>): string =>
  withCheck(pathsVersion, [...paths].join('\n'));

/** Undefined for an incomplete text. Pure. */
export function decodePaths(text: string): ReadonlySet<string> | undefined {
  const body = checkedText(pathsVersion, text);
  return body === undefined ? undefined : new Set(body.split('\n'));
}

/** A file of either kind; '' when it can't be read, which is not a valid text of either. */
export function readText(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
