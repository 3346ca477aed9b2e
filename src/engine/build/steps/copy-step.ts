import { createHash } from 'node:crypto';
import { chmodSync, closeSync, constants, writeSync } from 'node:fs';
import { createIgnoreMatcher } from '../../../build/ignore/matcher.ts';
import type { CopySource, CopyStep, Tree, WorkdirStep } from '../../../build/plan/types.ts';
import type { ConfinedDirectory } from '../../../confined/confined-directory.ts';
import { bytesOfPath, joined, parentOf } from '../../../confined/names.ts';
import { TcomposeError } from '../../../errors.ts';
import { changeOwnerOf, makeDirectoryAt } from '../../../sys/at-calls.ts';
import { openName } from '../../../sys/openat2.ts';
import { readAccountFiles } from '../../containers/root/account-files.ts';
import { contentDigest } from '../files/content-digest.ts';
import { Copier, changeMadeMode, type Destination } from '../files/copier.ts';
import type { Listing } from '../files/listing.ts';
import { madeMode, readModeChange, usualMode } from '../files/mode-change.ts';
import { type Owner, resolveOwner } from '../files/owner.ts';
import type { ReadingNote } from '../files/reading-note.ts';
import { type Selected, select } from '../files/select.ts';
import type { SourceTree } from '../files/source-tree.ts';
import type { StatCache } from '../files/stat-cache.ts';
import { unpackArchive } from '../files/unpack-archive.ts';

const exclusive = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** What a COPY or ADD copies, after its sources were looked up in their trees. */
export interface CopyInput {
  readonly selections: readonly (readonly Selected[])[];
  /** Digest of everything that is copied. */
  readonly digest: string;
  /** By source, for each selection: the entries that were digested. */
  readonly listings: readonly (readonly Listing[])[];
}

/** Opens a tree to copy from; the caller closes it. */
type OpenTree = (tree: Tree) => Promise<SourceTree>;

/** The trees of the sources, each opened when the first source needs it. */
class SourceTrees {
  readonly #open: OpenTree;
  readonly #trees = new Map<string, SourceTree>();

  constructor(open: OpenTree) {
    this.#open = open;
  }

  async of(step: CopyStep, source: CopySource): Promise<SourceTree> {
    const from = source.kind === 'path' ? (source.other?.from ?? step.from) : step.from;
    const key = JSON.stringify(from);
    const tree = this.#trees.get(key) ?? (await this.#open(from));
    this.#trees.set(key, tree);
    return tree;
  }

  async close(): Promise<void> {
    for (const tree of this.#trees.values()) await tree.close();
  }
}

/** Looks up and digests the sources of a copy. @throws TcomposeError BUILD_STEP */
export async function readCopyInput(
  step: CopyStep,
  open: OpenTree,
  files: StatCache,
  note?: ReadingNote,
): Promise<CopyInput> {
  const trees = new SourceTrees(open);
  try {
    return await digested(step, trees, files, note);
  } finally {
    await trees.close();
  }
}

async function digested(
  step: CopyStep,
  trees: SourceTrees,
  files: StatCache,
  note?: ReadingNote,
): Promise<CopyInput> {
  const excludes = excludesOf(step);
  const selections: (readonly Selected[])[] = [];
  const listings: (readonly Listing[])[] = [];
  const hash = createHash('sha256');
  for (const source of step.sources) {
    if (source.kind === 'document') {
      selections.push([]);
      listings.push([]);
      hash.update(`document\0${source.name}\0${source.content}\0`);
      continue;
    }
    const tree = await trees.of(step, source);
    const found = await select(tree, source.path, step.parents ? 'parents' : 'pattern');
    selections.push(found);
    const digests = await contentDigest(tree, found, excludes, files, note);
    listings.push(digests.listings);
    hash.update(digests.content);
  }
  return { selections, digest: hash.digest('hex'), listings };
}

function excludesOf(step: CopyStep) {
  if (step.excludes.length === 0) return undefined;
  try {
    return createIgnoreMatcher(step.excludes);
  } catch (error) {
    throw new TcomposeError(
      'BUILD_STEP',
      `invalid excludepatterns: [${step.excludes.join(' ')}]: ${(error as Error).message}`,
    );
  }
}

/**
 * Carries out a COPY or ADD in the tree `target`.
 * @param there paths below its only source whose files are in place already
 * @returns where the last source went
 * @throws ChangedMeanwhile
 */
export async function runCopy(
  step: CopyStep,
  input: CopyInput,
  open: OpenTree,
  target: ConfinedDirectory,
  warn: (message: string) => void,
  there?: ReadonlySet<string>,
): Promise<string> {
  const trees = new SourceTrees(open);
  try {
    return await copyAll(step, input, trees, target, warn, there);
  } finally {
    await trees.close();
  }
}

async function copyAll(
  step: CopyStep,
  input: CopyInput,
  trees: SourceTrees,
  target: ConfinedDirectory,
  warn: (message: string) => void,
  there: ReadonlySet<string> | undefined,
): Promise<string> {
  let last = '';
  const owner = step.chown === undefined ? undefined : resolveOwner(step.chown, readAccountFiles(target));
  const mode = step.chmod === undefined ? undefined : readModeChange(step.chmod);
  const copier = new Copier(target, { owner, mode, madeMode: madeMode(step.chmod) });
  const destination: Destination = {
    path: bytesOfPath(step.destination.replace(/^\/+|\/+$/g, '')),
    marked: step.destination.endsWith('/') || step.parents,
  };
  if (step.parents) copier.directory(destination.path);
  for (const [at, source] of step.sources.entries()) {
    if (source.kind === 'document') {
      const path = await replaced(target, copier.fileTarget(destination, bytesOfPath(source.name)));
      writeDocument(target, path, source.content, owner, mode?.(0o644, false) ?? 0o644);
      continue;
    }
    const tree = await trees.of(step, source);
    const unpack = source.other?.unpack ?? step.unpack;
    for (const [number, one] of (input.selections[at] ?? []).entries()) {
      if (unpack && (await unpacked(tree, one, target, copier, destination.path, owner, warn))) continue;
      last = await copier.copy(tree, one, destination, input.listings[at]![number]!, there);
    }
  }
  return last;
}

async function unpacked(
  tree: SourceTree,
  one: Selected,
  target: ConfinedDirectory,
  copier: Copier,
  base: string,
  owner: Owner | undefined,
  warn: (message: string) => void,
): Promise<boolean> {
  const entry = tree.directory.find(one.path);
  try {
    if (!entry?.stat.isFile()) return false;
    return await unpackArchive(entry, target, () => copier.directory(base, usualMode), owner, warn);
  } finally {
    entry?.close();
  }
}

async function replaced(target: ConfinedDirectory, path: string): Promise<string> {
  await target.remove(path);
  return path;
}

function writeDocument(
  target: ConfinedDirectory,
  path: string,
  content: string,
  owner: Owner | undefined,
  mode: number,
): void {
  const { directory, name } = target.place(path);
  const fd = openName(directory, name, exclusive, 0o600);
  try {
    const bytes = Buffer.from(content);
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
    changeOwnerOf(fd, owner?.uid ?? 0, owner?.gid ?? 0);
    chmodSync(`/proc/self/fd/${fd}`, mode);
  } finally {
    closeSync(fd);
  }
}

/** Makes a working directory and its parents, if missing, for the user of the stage. */
export function runWorkdir(step: WorkdirStep, target: ConfinedDirectory): void {
  const owner = resolveOwner(step.user, readAccountFiles(target));
  let at = '';
  for (const name of bytesOfPath(step.path).split('/')) {
    if (name === '') continue;
    const path = joined(at, name);
    const there = target.find(path, true);
    there?.close();
    if (there !== undefined && !there.stat.isDirectory())
      throw new TcomposeError(
        'BUILD_STEP',
        `${`/${path}` === step.path ? 'mkdir' : 'lstat'} ${step.path}: not a directory`,
      );
    // A dangling link: make what it names.
    const link = there === undefined ? target.find(path) : undefined;
    link?.close();
    const end = link === undefined ? path : parentOf(target.place(joined(path, 'x')).path);
    if (there === undefined) {
      if (link === undefined) {
        const place = target.place(path, false);
        makeDirectoryAt(place.directory, place.name, 0o755);
      }
      const made = target.find(end)!;
      if (step.user !== '') changeOwnerOf(made.fd, owner.uid, owner.gid);
      changeMadeMode(made, 0o755);
      made.close();
    }
    at = there?.path ?? end;
  }
}
