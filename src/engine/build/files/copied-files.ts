import { writeFileSync } from 'node:fs';
import { readText } from '../../../image/pack/archive-index.ts';
import { checkedText, withCheck } from '../../../image/pack/checked-text.ts';
import type { Listing } from './listing.ts';

const version = 'copied-1';

/** What a COPY has copied of a directory. */
interface Copied {
  /** The directory of its tree that has the content. */
  readonly top: string;
  /** A line for each file that may be taken over; see linesOf. */
  readonly lines: ReadonlySet<string>;
}

/** By entry: a file's path with all that its copy has; undefined for what is not taken over. Pure. */
export function linesOf(listing: Listing): readonly (string | undefined)[] {
  return Array.from({ length: listing.length }, (_, at) => {
    const below = listing.below(at);
    const traits = below.includes('\n') ? undefined : listing.traits(at);
    return traits === undefined ? undefined : `${traits} ${below}`;
  });
}

export function writeCopied(file: string, top: string, lines: readonly (string | undefined)[]): void {
  const known = lines.filter((line) => line !== undefined);
  const text = withCheck(version, [Buffer.from(top, 'latin1').toString('hex'), ...known].join('\n'));
  writeFileSync(file, text, { mode: 0o600, encoding: 'latin1' });
}

/** Undefined when there is no such file, or it is not whole. */
export function readCopied(file: string): Copied | undefined {
  const [top, ...lines] = checkedText(version, readText(file))?.split('\n') ?? [];
  if (top === undefined) return undefined;
  return { top: Buffer.from(top, 'hex').toString('latin1'), lines: new Set(lines) };
}
