import { closeSync, constants, fstatSync, lstatSync, openSync, readlinkSync, readSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { encodeEntry, endOfArchive, paddingOf } from '../../../tar/encode-entry.ts';
import { inOrder, type SyncItem } from '../../../watch/batch.ts';

/** What one container gets of some items: first what is to go, then archives of what is to come. */
export interface Packed {
  /** Paths in the container, deepest first. */
  readonly gone: readonly { readonly path: string; readonly directory: boolean }[];
  /** Links that are to go before a directory comes. */
  readonly links: readonly { readonly path: string }[];
  readonly archives: AsyncIterable<Archive>;
}

interface Archive {
  readonly tar: Buffer;
  /** No directory is to be replaced by what is in it. */
  readonly keepsDirectories: boolean;
}

/** Bytes of an archive, about; what is larger than this goes alone. */
const archiveSize = 4 * 1024 * 1024;
/** Files that are read before others get their turn. */
const turn = 200;

/** Reads what stands at the items' sources now: the time they were noted does not count. */
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
  return {
    gone: gone.sort((a, b) => (a.path < b.path ? 1 : -1)),
    links: there.flatMap(({ insteadOfLink, target }) => (insteadOfLink ? [{ path: target }] : [])),
    archives: archivesOf(inOrder(there.map((item) => ({ ...item, kind: 'file' }))).there),
  };
}

async function* archivesOf(items: readonly SyncItem[]): AsyncGenerator<Archive> {
  yield* filled(
    items.filter(({ isWhole }) => isWhole === true),
    true,
  );
  yield* filled(
    items.filter(({ isWhole }) => isWhole !== true),
    false,
  );
}

async function* filled(items: readonly SyncItem[], keepsDirectories: boolean): AsyncGenerator<Archive> {
  let parts: Buffer[] = [];
  let size = 0;
  for (const [at, item] of items.entries()) {
    if (at % turn === turn - 1) await setImmediate();
    const entry = entryOf(item);
    if (entry === undefined) continue;
    parts.push(...entry);
    size += entry.reduce((sum, part) => sum + part.length, 0);
    if (size < archiveSize) continue;
    yield { tar: Buffer.concat([...parts, endOfArchive]), keepsDirectories };
    parts = [];
    size = 0;
  }
  if (size > 0) yield { tar: Buffer.concat([...parts, endOfArchive]), keepsDirectories };
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

/** Undefined for what vanished meanwhile, may not be read, or is no file of data. */
function entryOf({ source, target }: SyncItem): Buffer[] | undefined {
  const path = bytes(source);
  try {
    const stat = lstatSync(path, { bigint: true });
    const header = {
      name: target.slice(1),
      mode: Number(stat.mode) & 0o7777,
      uid: Number(stat.uid),
      gid: Number(stat.gid),
      modified: stat.mtimeNs,
    };
    if (header.name === '') return undefined;
    if (stat.isSymbolicLink())
      return [encodeEntry({ ...header, type: 'symlink', linkName: readlinkSync(path, 'latin1') })];
    if (stat.isDirectory()) return [encodeEntry({ ...header, type: 'directory' })];
    if (!stat.isFile()) return undefined;
    const content = contentOf(path);
    return [
      encodeEntry({ ...header, type: 'file', size: content.length }),
      content,
      paddingOf(content.length),
    ];
  } catch {
    return undefined;
  }
}

function contentOf(path: Buffer): Buffer {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const content = Buffer.alloc(fstatSync(fd).size);
    let at = 0;
    for (let n = -1; n !== 0 && at < content.length; at += n)
      n = readSync(fd, content, at, content.length - at, null);
    return content.subarray(0, at);
  } finally {
    closeSync(fd);
  }
}
