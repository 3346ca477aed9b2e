import { createReadStream, type Stats } from 'node:fs';
import {
  chmod,
  lchown,
  link,
  lstat,
  lutimes,
  mkdir,
  open,
  readdir,
  readlink,
  rm,
  stat,
  symlink,
} from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { TcomposeError } from '../errors.ts';
import { encodeEntry, endOfArchive, type NewTarEntry, paddingOf } from '../tar/encode-entry.ts';
import { type TarEntry, TarReader } from '../tar/tar-reader.ts';

const latin1 = (text: string): string => Buffer.from(text).toString('latin1');

/** A tar stream of a file or directory tree under the given name; `contentsOnly` omits the directory itself. */
export function packPath(
  source: string,
  name: string,
  options: { readonly follow: boolean; readonly contentsOnly: boolean },
): Readable {
  async function* archive() {
    if (options.contentsOnly)
      for (const child of (await readdir(source)).sort()) yield* add(join(source, child), child, false);
    else yield* add(source, name, options.follow);
    yield endOfArchive;
  }
  return Readable.from(archive(), { objectMode: false });
}

async function* add(path: string, name: string, follow: boolean): AsyncGenerator<Buffer> {
  const info = follow ? await stat(path) : await lstat(path);
  const header = { ...headerOf(info), name: latin1(name) };
  if (info.isDirectory()) {
    yield encodeEntry({ ...header, type: 'directory' });
    for (const child of (await readdir(path)).sort())
      yield* add(join(path, child), `${name}/${child}`, false);
  } else if (info.isSymbolicLink()) {
    yield encodeEntry({ ...header, type: 'symlink', linkName: latin1(await readlink(path)) });
  } else if (info.isFile()) {
    yield encodeEntry({ ...header, type: 'file', size: info.size });
    let left = info.size;
    if (left > 0)
      for await (const piece of createReadStream(path, { end: info.size - 1 })) {
        left -= (piece as Buffer).length;
        yield piece as Buffer;
      }
    if (left > 0) throw new TcomposeError('CLI_USAGE', `${path} became shorter while it was read`);
    yield paddingOf(info.size);
  }
}

function headerOf(info: Stats): Omit<NewTarEntry, 'type' | 'name'> {
  const modified = BigInt(Math.round(info.mtimeMs * 1000)) * 1000n;
  return { mode: info.mode & 0o7777, uid: info.uid, gid: info.gid, modified };
}

interface UnpackOptions {
  /** Replaces the first path component. */
  readonly rename?: string;
  /** Keep the archive's owners and setuid bits. */
  readonly owners: boolean;
}

interface Unpacked {
  readonly left: readonly string[];
  readonly kept: number;
}

/**
 * Unpacks a tar stream below a directory. Nothing is written outside of `into`, whatever names and links the archive
 * contains: no symbolic link is followed below it. `left` has the names of device nodes and FIFOs, which are skipped;
 * `kept` counts the files that belong to the calling user because only root may give them to their owner.
 */
export async function unpackTo(
  source: AsyncIterable<Uint8Array>,
  into: string,
  options: UnpackOptions,
): Promise<Unpacked> {
  const reader = new TarReader(source);
  const left: string[] = [];
  let kept = 0;
  const count = (given: boolean): void => {
    if (!given) kept += 1;
  };
  const directories: [string, TarEntry][] = [];
  for (let entry = await reader.next(); entry !== undefined; entry = await reader.next()) {
    const path = await placeOf(entry.name, into, options);
    const known = path === into;
    if (entry.type === 'directory') {
      if (!known) await makeDirectory(path);
      directories.push([path, entry]);
    } else if (known) throw leadsOutside(entry.name);
    else if (entry.type === 'char' || entry.type === 'block' || entry.type === 'fifo')
      left.push(shown(entry.name));
    else {
      await rm(path, { force: true, recursive: true });
      count(await make(path, entry, reader, into, options));
    }
  }
  for (const [path, entry] of directories.reverse())
    if (path !== into) count(await finish(path, entry, options));
  return { left, kept };
}

/** Host path for an archive's name, with its parents made. Throws for names that lead out, by `..` or through a link. */
async function placeOf(name: string, into: string, { rename }: UnpackOptions): Promise<string> {
  const parts = shown(name)
    .split('/')
    .filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw leadsOutside(name);
  if (rename !== undefined && parts.length > 0) parts[0] = rename;
  const last = parts.pop();
  if (last === undefined) return into;
  let parent = into;
  for (const part of parts) {
    parent = join(parent, part);
    const there = await lstat(parent).catch(() => undefined);
    if (there === undefined) await mkdir(parent);
    else if (!there.isDirectory()) throw leadsOutside(name);
  }
  return join(parent, last);
}

async function makeDirectory(path: string): Promise<void> {
  const there = await lstat(path).catch(() => undefined);
  if (there?.isDirectory()) return;
  await rm(path, { force: true });
  await mkdir(path, { mode: 0o700 });
}

async function make(
  path: string,
  entry: TarEntry,
  reader: TarReader,
  into: string,
  options: UnpackOptions,
): Promise<boolean> {
  if (entry.type === 'hardlink') {
    await link(await placeOf(entry.linkName, into, options), path);
    return true;
  }
  if (entry.type === 'symlink') {
    await symlink(Buffer.from(entry.linkName, 'latin1'), path);
    const given = !options.owners || (await giveToOwner(path, entry));
    await lutimes(path, entry.mtime, entry.mtime);
    return given;
  }
  const file = await open(path, 'wx', 0o600);
  try {
    for (let piece = await reader.read(); piece !== undefined; piece = await reader.read())
      await file.writeFile(piece);
  } finally {
    await file.close();
  }
  return finish(path, entry, options);
}

/** A file that should belong to somebody else must not be setuid here. */
async function finish(path: string, entry: TarEntry, options: UnpackOptions): Promise<boolean> {
  const given = options.owners && (await giveToOwner(path, entry));
  await chmod(path, entry.mode & (given ? 0o7777 : 0o777));
  await lutimes(path, entry.mtime, entry.mtime);
  return given || !options.owners;
}

/** False if only root may do that. */
async function giveToOwner(path: string, { uid, gid }: TarEntry): Promise<boolean> {
  try {
    await lchown(path, uid, gid);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EPERM') return false;
    throw error;
  }
}

const shown = (name: string): string => Buffer.from(name, 'latin1').toString();

const leadsOutside = (name: string): TcomposeError =>
  new TcomposeError('CLI_USAGE', `the archive holds a name that leads outside: ${shown(name)}`);

/** Whether a path ends in `/.`, which means the content of a directory. */
export const meansContent = (path: string): boolean => /(^|\/)\.$/.test(path);

/** Last part of a path, ignoring a slash or `/.` at its end. */
export const lastPart = (path: string): string => basename(path.replace(/\/\.?$/, ''));
