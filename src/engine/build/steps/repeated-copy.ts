import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CopyStep, Tree } from '../../../build/plan/types.ts';
import { joined } from '../../../confined/names.ts';
import { encodePaths } from '../../../image/pack/archive-index.ts';
import { errnoNameOf } from '../../../sys/at-calls.ts';
import type { CacheLease, CopyNote, StepPlace, StepResult } from '../cache/cache-types.ts';
import { linesOf, readCopied, writeCopied } from '../files/copied-files.ts';
import type { Listing } from '../files/listing.ts';
import type { SourceTree } from '../files/source-tree.ts';
import { takeOver } from '../files/take-over.ts';
import { type OverlayOptions, openToWrite, type Snapshot } from '../snapshot.ts';
import { keyOf } from '../step-key.ts';
import { type CopyInput, runCopy } from './copy-step.ts';

/** How many results may share files: a file has a limited number of links, 65,000 on ext4, and each result needs some. */
const mostGenerations = 1000;

/** Most entries of a directory whose files are reused: what is known about each is in memory meanwhile. */
const mostEntries = 120_000;

/** What a copy reuses from an earlier one. */
interface Begun {
  /** Undefined: later copies reuse nothing of this one. */
  readonly note: CopyNote | undefined;
  /** Paths below the source whose files are in place. */
  readonly there: ReadonlySet<string>;
}

/** What a copy takes from a directory. */
interface ToCopy {
  readonly listing: Listing;
  /** See linesOf. */
  readonly lines: readonly (string | undefined)[];
}

/** What is needed to carry out a copy. */
interface CopyPlace {
  readonly base: Snapshot;
  readonly place: StepPlace;
  readonly cache: CacheLease;
  readonly overlay: OverlayOptions;
  /** A tree to read from; the caller closes it. */
  readonly open: (tree: Tree) => Promise<SourceTree>;
  readonly warn: (message: string) => void;
}

/**
 * Carries out a COPY or ADD on a tree. Unchanged files of the latest copy by the same instruction on the same tree are
 * hard-linked instead of copied: neither is ever written to.
 * @returns the note about its result: undefined when later copies can't reuse anything
 * @throws ChangedMeanwhile
 */
export async function copyUpon(
  step: CopyStep,
  input: CopyInput,
  { base, place, cache, overlay, open, warn }: CopyPlace,
): Promise<Pick<StepResult, 'copy' | 'size'>> {
  const listing = listingOf(step, input);
  const copied = listing === undefined ? undefined : { listing, lines: linesOf(listing) };
  // This must come before anything else is in the place.
  const { note, there } = await begin(step, base, copied, place, cache);
  const target = openToWrite(base, place, overlay);
  try {
    const top = await runCopy(step, input, open, target, warn, there);
    if (copied === undefined || note === undefined) return {};
    writeCopied(join(place.notes, 'copied'), top, copied.lines);
    return { copy: note, size: copied.listing.size() };
  } finally {
    target.close();
  }
}

/** The listing of a copy of one directory's content, the only kind that can be reused. */
function listingOf(step: CopyStep, { selections, listings }: CopyInput): Listing | undefined {
  const [one, ...others] = selections[0] ?? [];
  const single = selections.length === 1 && others.length === 0 && one?.directory === true;
  const listing = single && !step.parents ? listings[0]?.[0] : undefined;
  return listing === undefined || listing.length > mostEntries ? undefined : listing;
}

async function begin(
  step: CopyStep,
  base: Snapshot,
  copied: ToCopy | undefined,
  place: StepPlace,
  cache: CacheLease,
): Promise<Begun> {
  if (copied === undefined) return { note: undefined, there: new Set() };
  const lineage = keyOf(step, base, 'any', []);
  const nothing: Begun = { note: { lineage, generation: 0 }, there: new Set() };
  const from = step.fresh ? undefined : cache.like(lineage);
  const generation = (from?.copy?.generation ?? 0) + 1;
  if (from === undefined || generation > mostGenerations) return nothing;
  const there = await filesOf(from, copied, place, cache);
  return there.size === 0 ? nothing : { note: { lineage, generation, from: from.id }, there };
}

function* pathsOf(top: string, there: ReadonlySet<string>): Generator<string> {
  for (const below of there) yield joined(top, below);
}

async function filesOf(
  from: StepResult,
  { listing, lines }: ToCopy,
  place: StepPlace,
  cache: CacheLease,
): Promise<ReadonlySet<string>> {
  const before = readCopied(join(cache.notes(from), 'copied'));
  if (before === undefined) return new Set();
  const { top } = before;
  const there = new Set<string>();
  for (const [at, line] of lines.entries())
    if (line !== undefined && before.lines.has(line)) there.add(listing.below(at));
  try {
    const left = await takeOver(cache.directory(from), place.diff, pathsOf(top, there));
    for (const below of there) if (left.has(joined(top, below))) there.delete(below);
    const kept = encodePaths(pathsOf(top, there));
    writeFileSync(join(place.notes, 'kept'), kept, { mode: 0o600, encoding: 'latin1' });
    return there;
  } catch (error) {
    if (errnoNameOf(error) === undefined) throw error;
    // This file system can't do it: everything is copied.
    rmSync(place.diff, { recursive: true });
    mkdirSync(place.diff, { mode: 0o755 });
    return new Set();
  }
}
