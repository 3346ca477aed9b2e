import { createReadStream, createWriteStream } from 'node:fs';
import { lstat, mkdir, readdir, readlink, rm, stat, symlink } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract, type Pack, pack } from 'tar-stream';
import { TcomposeError } from '../errors.ts';

/** A tar stream of a file or directory tree under the name given. */
export function packPath(
  source: string,
  name: string,
  options: { readonly follow: boolean; readonly contentsOnly: boolean },
): Readable {
  const tar = pack();
  void (async () => {
    if (options.contentsOnly)
      for (const child of (await readdir(source)).sort()) await add(tar, join(source, child), child, false);
    else await add(tar, source, name, options.follow);
    tar.finalize();
  })().catch((error: Error) => tar.destroy(error));
  return tar as unknown as Readable;
}

async function add(tar: Pack, path: string, name: string, follow: boolean): Promise<void> {
  const info = follow ? await stat(path) : await lstat(path);
  const header = { name, mode: info.mode & 0o7777, uid: info.uid, gid: info.gid, mtime: info.mtime };
  if (info.isDirectory()) {
    tar.entry({ ...header, name: `${name}/`, type: 'directory' });
    for (const child of (await readdir(path)).sort())
      await add(tar, join(path, child), `${name}/${child}`, false);
  } else if (info.isSymbolicLink()) {
    tar.entry({ ...header, type: 'symlink', linkname: await readlink(path) });
  } else if (info.isFile()) {
    const entry = tar.entry({ ...header, size: info.size });
    await pipeline(createReadStream(path, info.size > 0 ? { end: info.size - 1 } : {}), entry);
  }
}

/**
 * Unpacks a tar stream below a directory; `rename` replaces the first path component. Nothing is written outside of
 * `into`, whatever names and links the archive holds.
 */
export async function unpackTo(source: Readable, into: string, rename: string | undefined): Promise<void> {
  const root = resolve(into);
  const tar = extract();
  source.pipe(tar);
  const links = new Set<string>();
  for await (const entry of tar) {
    const { header } = entry;
    const parts = header.name.split('/').filter((part) => part !== '' && part !== '.');
    if (rename !== undefined && parts.length > 0) parts[0] = rename;
    const target = resolve(root, ...parts);
    const inside = target === root || !relative(root, target).startsWith('..');
    // A link that the archive itself made must not lead later entries out.
    const throughLink = [...links].some((link) => target.startsWith(`${link}/`));
    if (!inside || parts.includes('..') || throughLink)
      throw new TcomposeError('CLI_USAGE', `the archive holds a name that leads outside: ${header.name}`);
    if (header.type === 'directory') {
      await mkdir(target, { recursive: true, mode: header.mode ?? 0o755 });
      entry.resume();
    } else if (header.type === 'symlink') {
      await rm(target, { force: true });
      await symlink(header.linkname ?? '', target);
      links.add(target);
      entry.resume();
    } else if (header.type === 'file') {
      await mkdir(dirname(target), { recursive: true });
      await rm(target, { force: true });
      await pipeline(entry, createWriteStream(target, { mode: header.mode ?? 0o644 }));
    } else entry.resume();
  }
}
