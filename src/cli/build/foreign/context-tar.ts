import { createReadStream, type Stats } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createIgnoreMatcher,
  type IgnoreDecision,
  type IgnoreMatcher,
} from '../../../build/ignore/matcher.ts';
import { TcomposeError } from '../../../errors.ts';
import { encodeEntry, endOfArchive, type NewTarEntry, paddingOf } from '../../../tar/encode-entry.ts';

/** Additional files of the archive, by name: a Dockerfile outside the context. */
type MoreFiles = Readonly<Record<string, string>>;

/**
 * A build context as a tar, read while it is sent: everything that the patterns let through, owned by root. The named
 * files are included whatever the patterns say. Sockets, devices and FIFOs are left out.
 * @param always paths that a builder reads itself: the Dockerfile, the ignore file
 */
export async function* contextTar(
  context: string,
  patterns: readonly string[],
  always: readonly string[],
  more: MoreFiles,
): AsyncGenerator<Buffer> {
  const matcher = patterns.length === 0 ? undefined : createIgnoreMatcher(patterns);
  yield* below(context, '', matcher, undefined, new Set(always));
  for (const [name, text] of Object.entries(more)) {
    const content = Buffer.from(text);
    yield encodeEntry({ type: 'file', name: latin1(name), mode: 0o644, size: content.length });
    yield Buffer.concat([content, paddingOf(content.length)]);
  }
  yield endOfArchive;
}

async function* below(
  context: string,
  path: string,
  matcher: IgnoreMatcher | undefined,
  above: IgnoreDecision | undefined,
  always: ReadonlySet<string>,
): AsyncGenerator<Buffer> {
  for (const name of (await readdir(join(context, path))).sort()) {
    const at = path === '' ? name : `${path}/${name}`;
    const decided = matcher?.decide(at, above);
    const info = await lstat(join(context, at)).catch(() => undefined);
    if (info === undefined) continue;
    const out = decided?.excluded === true && !always.has(at);
    if (!out) yield* entry(join(context, at), at, info);
    if (!info.isDirectory()) continue;
    const needed = [...always].some((one) => one.startsWith(`${at}/`));
    if (out && !needed && matcher?.mayIncludeBelow(at) !== true) continue;
    yield* below(context, at, matcher, decided, always);
  }
}

async function* entry(path: string, name: string, info: Stats): AsyncGenerator<Buffer> {
  const modified = BigInt(Math.round(info.mtimeMs * 1000)) * 1000n;
  const header: Omit<NewTarEntry, 'type'> = {
    name: latin1(name),
    mode: info.mode & 0o7777,
    uid: 0,
    gid: 0,
    modified,
  };
  if (info.isDirectory()) yield encodeEntry({ ...header, type: 'directory' });
  else if (info.isSymbolicLink())
    yield encodeEntry({ ...header, type: 'symlink', linkName: latin1(await readlink(path)) });
  else if (info.isFile()) {
    yield encodeEntry({ ...header, type: 'file', size: info.size });
    let left = info.size;
    if (left > 0)
      for await (const piece of createReadStream(path, { end: info.size - 1, highWaterMark: 256 * 1024 })) {
        left -= (piece as Buffer).length;
        yield piece as Buffer;
      }
    if (left > 0) throw new TcomposeError('BUILD_CONTEXT', `${path} became shorter while it was read`);
    yield paddingOf(info.size);
  }
}

const latin1 = (text: string): string => Buffer.from(text).toString('latin1');
