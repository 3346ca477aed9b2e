import { constants } from 'node:fs';
import { chmod, lchown, link, lstat, lutimes, mkdir, open, rm, symlink } from 'node:fs/promises';
import { posix } from 'node:path';
import { Readable } from 'node:stream';
import { extract as createExtract, type Header } from 'tar-stream';
import { TcomposeError } from '../../errors.ts';
import { decompress } from '../../image/decompress.ts';
import { badParameter } from '../http/failure.ts';
import type { ContainerRoot } from './container-root.ts';

type Entry = Readable & { readonly header: Header };

interface UnpackOptions {
  /** Refuse to replace a directory by something else and the other way round. */
  readonly noOverwriteDirNonDir: boolean;
  /** Owner for everything, instead of the archive's. */
  readonly owner?: { readonly uid: number; readonly gid: number };
}

/**
 * Unpacks a tar (plain, gzip or zstd) below `directory` of a container. Names with `..` are refused. Throws 400 for an
 * archive that can't be unpacked, and lets the rest of `body` run out; what came before the fault stays, as in Docker.
 */
export async function unpackInto(
  root: ContainerRoot,
  directory: string,
  body: Readable,
  options: UnpackOptions,
): Promise<void> {
  const extract = createExtract();
  let feed: Readable | undefined;
  try {
    // An archive that is refused must not take the connection along: the answer still has to go back on it.
    const { chunks } = await decompress(body.iterator({ destroyOnReturn: false }));
    feed = Readable.from(chunks).on('error', (error: Error) => extract.destroy(error));
    feed.pipe(extract);
    for await (const entry of extract) {
      await unpackEntry(root, directory, entry as unknown as Entry, options);
      entry.resume();
    }
  } catch (error) {
    feed?.once('close', () => body.resume()).destroy();
    throw explained(error);
  }
}

/** A full disk is the engine's trouble, the rest the archive's: a damaged one, names that can't be made. */
function explained(error: unknown): unknown {
  const { code = '', message } = error as NodeJS.ErrnoException;
  if (error instanceof TcomposeError || code === 'ENOSPC' || code === 'EDQUOT') return error;
  if (code === 'EROFS') return badParameter('container rootfs is marked read-only');
  return badParameter(`cannot unpack the archive: ${message}`);
}

async function unpackEntry(
  root: ContainerRoot,
  directory: string,
  entry: Entry,
  options: UnpackOptions,
): Promise<void> {
  const { header } = entry;
  const parts = header.name.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw badParameter(`invalid name in the archive: ${header.name}`);
  const uid = options.owner?.uid ?? header.uid ?? 0;
  const gid = options.owner?.gid ?? header.gid ?? 0;
  const mode = (header.mode ?? 0o644) & 0o7777;
  if (parts.length === 0) return;
  const name = parts.pop()!;
  const parent = await root.writable(posix.join(directory, ...parts));
  const target = `${parent}/${name}`;
  const there = await lstat(target).catch(() => undefined);
  const isDirectory = header.type === 'directory';
  if (there !== undefined && options.noOverwriteDirNonDir && there.isDirectory() !== isDirectory) {
    throw badParameter(
      `cannot overwrite ${there.isDirectory() ? 'directory' : 'non-directory'} "${header.name}"`,
    );
  }
  if (isDirectory) {
    if (!there?.isDirectory()) {
      if (there !== undefined) await rm(target, { force: true });
      await mkdir(target, { mode: 0o755 });
    }
  } else {
    if (there !== undefined) await rm(target, { recursive: true, force: true });
    await make(root, directory, entry, target);
  }
  if (header.type === 'link') return;
  await lchown(target, uid, gid);
  if (header.type !== 'symlink') await chmod(target, mode);
  if (header.mtime) await lutimes(target, header.mtime, header.mtime);
}

async function make(root: ContainerRoot, directory: string, entry: Entry, target: string): Promise<void> {
  const { header } = entry;
  switch (header.type) {
    case 'file':
    case 'contiguous-file': {
      const handle = await open(
        target,
        constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
        0o600,
      );
      try {
        for await (const chunk of entry) await handle.write(chunk as Buffer);
      } finally {
        await handle.close();
      }
      return;
    }
    case 'symlink':
      await symlink(header.linkname ?? '', target);
      return;
    case 'link': {
      const linked = posix.join('/', header.linkname ?? '');
      const from = await root.writable(posix.join(directory, posix.dirname(linked)));
      await link(`${from}/${posix.basename(linked)}`, target);
      return;
    }
    default:
      throw badParameter(
        `${header.name} is a ${header.type ?? 'thing'}, which cannot be copied into a container`,
      );
  }
}
