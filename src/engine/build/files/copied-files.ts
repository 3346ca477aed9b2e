import { writeFileSync } from 'node:fs';
import { readText } from '../../../image/pack/archive-index.ts';
import { checkedText, withCheck } from '../../../image/pack/checked-text.ts';
import type { Listing } from './listing.ts';

const version = 'copied-1';

/** What a COPY has copied from a directory. */
interface Copied {
  /** The directory in its tree that holds the content. */
  readonly top: string;
  /** A line for each file that may be reused; see linesOf. */
  readonly lines: ReadonlySet<string>;
}

/** For each entry, a file's path with everything that its copy has; undefined for entries that are not reused. Pure. */
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

/** Undefined when the file does not exist or is incomplete. */
export function readCopied(file: string): Copied | undefined {
  const [top, ...lines] = checkedText(version, readText(file))?.split('\n') ?? [];
  if (top === undefined) return undefined;
  return { top: Buffer.from(top, 'hex').toString('latin1'), lines: new Set(lines) };
}
