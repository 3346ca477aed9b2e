import { writeFileSync } from 'node:fs';
import { readText } from '../../../image/pack/archive-index.ts';
import { checkedText, withCheck } from '../../../image/pack/checked-text.ts';
import type { Listing } from './listing.ts';

const version = 'copied-1';

/** What a COPY has copied of a directory. */
interface Copied {
  /** The directory of its tree that has the content. */
  readonly top: string;
  /** A line for each file that may be taken over; see lineOf. */
  readonly lines: ReadonlySet<string>;
}

/** Of a file, with all that its copy has; undefined for what is not taken over. Pure. */
export function lineOf(listing: Listing, index: number): string | undefined {
  const below = listing.below(index);
  const traits = below.includes('\n') ? undefined : listing.traits(index);
  return traits === undefined ? undefined : `${traits} ${below}`;
}

export function writeCopied(file: string, top: string, listing: Listing): void {
  const lines = [Buffer.from(top, 'latin1').toString('hex')];
  for (let at = 0; at < listing.length; at++) {
    const line = lineOf(listing, at);
    if (line !== undefined) lines.push(line);
  }
  writeFileSync(file, withCheck(version, lines.join('\n')), { mode: 0o600, encoding: 'latin1' });
}

/** Undefined when there is no such file, or it is not whole. */
export function readCopied(file: string): Copied | undefined {
  const [top, ...lines] = checkedText(version, readText(file))?.split('\n') ?? [];
  if (top === undefined) return undefined;
  return { top: Buffer.from(top, 'hex').toString('latin1'), lines: new Set(lines) };
}
