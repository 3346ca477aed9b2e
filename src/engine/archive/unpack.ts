import type { Readable } from 'node:stream';
import { TcomposeError } from '../../errors.ts';
import { decompress } from '../../image/unpack/decompress.ts';
import { errnoOf, libcLayerSystem } from '../../image/unpack/layer-system.ts';
import { archiveParts, TreeWriter } from '../../image/unpack/tree-writer.ts';
import { shownName } from '../../tar/archive-error.ts';
import { type TarEntry, TarReader } from '../../tar/tar-reader.ts';
import type { ContainerRoot } from '../containers/root/root-handle.ts';
import { badParameter } from '../http/failure.ts';

interface UnpackOptions {
  /** Refuse to replace a directory by something else and the other way round. */
  readonly noOverwriteDirNonDir: boolean;
  /** Owner for everything, instead of the archive's. */
  readonly owner?: { readonly uid: number; readonly gid: number };
  readonly warn: (message: string) => void;
}

/**
 * Unpacks a tar (plain, gzip or zstd) below `directory` of a container. Names with `..` are refused. Throws 400 for an
 * archive that can't be unpacked, and lets the rest of `body` run out; what came before the fault stays, as in Docker.
 */
export async function unpackInto(
  root: Pick<ContainerRoot, 'directory' | 'check'>,
  directory: string,
  body: Readable,
  options: UnpackOptions,
): Promise<void> {
  const writer = new TreeWriter(root.directory, {
    system: await libcLayerSystem(),
    owner: options.owner ?? 'archive',
    base: directory,
    check: root.check,
    replace: (there, entry) => {
      const overwrites = there.stat.isDirectory() !== (entry.type === 'directory');
      if (!overwrites || !options.noOverwriteDirNonDir) return;
      const kind = there.stat.isDirectory() ? 'directory' : 'non-directory';
      throw badParameter(`cannot overwrite ${kind} ${shownName(entry.name)}`);
    },
    warn: options.warn,
  });
  let reader: TarReader | undefined;
  try {
    // An archive that is refused must not take the connection along: the answer still has to go back on it.
    const { chunks } = await decompress(body.iterator({ destroyOnReturn: false }));
    reader = new TarReader(chunks);
    for (let entry = await reader.next(); entry !== undefined; entry = await reader.next()) {
      refuseNode(entry);
      // The directory itself is there and stays as it is.
      if (archiveParts(entry.name).length > 0) await writer.write(entry, reader);
    }
    await writer.finish();
  } catch (error) {
    await reader?.close().catch(() => undefined);
    body.resume();
    throw explained(error);
  }
}

function refuseNode({ type, name }: TarEntry): void {
  const nodes: Partial<Record<TarEntry['type'], string>> = {
    char: 'character device',
    block: 'block device',
    fifo: 'FIFO',
  };
  if (nodes[type] === undefined) return;
  throw badParameter(`${shownName(name)} is a ${nodes[type]}, which cannot be copied into a container`);
}

/** A full disk is the engine's trouble, the rest the archive's: a damaged one, names that can't be made. */
function explained(error: unknown): unknown {
  const errno = errnoOf(error);
  if (errno === 'ENOSPC' || errno === 'EDQUOT') return error;
  if (errno === 'EROFS') return badParameter('container rootfs is marked read-only');
  if (error instanceof TcomposeError && error.code !== 'SYS_CALL_FAILED' && error.code !== 'IMAGE_ARCHIVE')
    return error;
  return badParameter(`cannot unpack the archive: ${(error as Error).message}`);
}
