import { lstatSync } from 'node:fs';
import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { endOfArchive } from '../../../tar/encode-entry.ts';
import { inOrder, type SyncItem } from '../../../watch/batch.ts';
import { type Entry, entryOf, unreadable } from './pack-entry.ts';

/** What one container gets for some items: first the removals, then archives of the additions. */
export interface Packed {
  /** Paths in the container, deepest first. */
  readonly gone: readonly { readonly path: string; readonly directory: boolean }[];
  /** Links to remove before a directory is created in their place. */
  readonly links: readonly { readonly path: string }[];
  readonly archives: AsyncIterable<Archive>;
  /** Files on this machine that could not be read, known when the archives have been taken. */
  readonly problems: readonly { readonly path: string; readonly message: string }[];
}

interface Archive {
  /** A stream for one large file. */
  readonly tar: Buffer | Readable;
  /** Nothing in it may replace a directory. */
  readonly keepsDirectories: boolean;
}

/** Approximate size of an archive in bytes. */
const archiveSize = 4 * 1024 * 1024;
/** Files to read before other work gets a turn. */
const turn = 200;

/** Reads what is at the items' sources now, which may differ from when they were noted. */
export function packItems(items: readonly SyncItem[]): Packed {
  const gone: { path: string; directory: boolean }[] = [];
  const there: SyncItem[] = [];
  for (const item of items) {
    if (exists(item.source)) there.push(item);
    else
      gone.push({
        path: item.target,
        directory: item.kind === 'gone-directory' || item.kind === 'directory',
      });
  }
  const problems: { path: string; message: string }[] = [];
  return {
    problems,
    gone: gone.sort((a, b) => (a.path < b.path ? 1 : -1)),
    links: there.flatMap(({ insteadOfLink, target }) => (insteadOfLink ? [{ path: target }] : [])),
    archives: archivesOf(inOrder(there.map((item) => ({ ...item, kind: 'file' }))).there, problems),
  };
}

async function* archivesOf(
  items: readonly SyncItem[],
  problems: { path: string; message: string }[],
): AsyncGenerator<Archive> {
  const read = (item: SyncItem): Entry | undefined => {
    const entry = entryOf(item);
    if (entry === unreadable)
      problems.push({ path: item.target, message: 'this user may not read what is here' });
    return entry === unreadable ? undefined : entry;
  };
  for (const keepsDirectories of [true, false])
    for await (const tar of filled(
      items.filter(({ isWhole }) => (isWhole === true) === keepsDirectories),
      read,
    ))
      yield { tar, keepsDirectories };
}

async function* filled(
  items: readonly SyncItem[],
  read: (item: SyncItem) => Entry | undefined,
): AsyncGenerator<Buffer | Readable> {
  let parts: Buffer[] = [];
  let size = 0;
  for (const [at, item] of items.entries()) {
    if (at % turn === turn - 1) await setImmediate();
    const entry = read(item);
    if (entry === undefined) continue;
    if (!Array.isArray(entry)) {
      // It is in a directory that has to come first.
      if (size > 0) yield Buffer.concat([...parts, endOfArchive]);
      [parts, size] = [[], 0];
      yield Readable.from(entry, { objectMode: false });
      continue;
    }
    parts.push(...entry);
    size += entry.reduce((sum, part) => sum + part.length, 0);
    if (size < archiveSize) continue;
    yield Buffer.concat([...parts, endOfArchive]);
    [parts, size] = [[], 0];
  }
  if (size > 0) yield Buffer.concat([...parts, endOfArchive]);
}

const bytes = (path: string): Buffer => Buffer.from(path, 'latin1');

function exists(source: string): boolean {
  try {
    lstatSync(bytes(source));
    return true;
  } catch {
    return false;
  }
}
