import type { ConfinedDirectory } from '../../confined/confined-directory.ts';
import { TcomposeError } from '../../errors.ts';
import type { PutOptions } from '../../image/jobs/job-types.ts';
import { decompress } from '../../image/unpack/decompress.ts';
import { errnoOf, type LayerSystem } from '../../image/unpack/layer-system.ts';
import { TreeWriter } from '../../image/unpack/tree-writer.ts';
import { shownName } from '../../tar/archive-error.ts';
import { archivePath } from '../../tar/archive-path.ts';
import { type TarEntry, TarReader } from '../../tar/tar-reader.ts';
import { checkWritable } from '../containers/root/check-writable.ts';
import { badParameter } from '../http/failure.ts';

interface PutContext {
  readonly system: Pick<LayerSystem, 'makeNode' | 'setExtendedAttribute'>;
  readonly warn: (message: string) => void;
  /** Throws when the archive is no longer wanted. */
  readonly check?: () => void;
  /** This thread may wait for the disk. */
  readonly sync: boolean;
}

/**
 * Unpacks a tar (plain, gzip or zstd) below a directory of `tree`. Names with `..` are refused. Throws 400 for an
 * archive that can't be unpacked; entries before the fault stay, as in Docker.
 */
export async function putArchive(
  tree: ConfinedDirectory,
  archive: AsyncIterable<Uint8Array>,
  { base, owner, owners, noOverwriteDirNonDir, readOnly }: PutOptions,
  { system, warn, check = () => {}, sync }: PutContext,
): Promise<void> {
  const writer = new TreeWriter(tree, {
    system,
    owner,
    owners,
    base,
    check: (path) => checkWritable(readOnly, path),
    replace: (there, entry) => {
      const overwrites = there.stat.isDirectory() !== (entry.type === 'directory');
      if (!overwrites || !noOverwriteDirNonDir) return;
      const kind = there.stat.isDirectory() ? 'directory' : 'non-directory';
      throw badParameter(`cannot overwrite ${kind} ${shownName(entry.name)}`);
    },
    warn,
    sync,
  });
  let reader: TarReader | undefined;
  try {
    const { chunks } = await decompress(archive);
    reader = new TarReader(chunks);
    for (let entry = await reader.next(); entry !== undefined; entry = await reader.next()) {
      check();
      refuseNode(entry);
      // The directory itself exists and stays as it is.
      if (archivePath(entry.name) !== '') await writer.write(entry, reader);
    }
    await writer.finish();
  } catch (error) {
    await reader?.close().catch(() => undefined);
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

/** A full disk is the engine's fault, everything else the archive's: damage, or names that can't be created. */
function explained(error: unknown): unknown {
  const errno = errnoOf(error);
  if (errno === 'ENOSPC' || errno === 'EDQUOT') return error;
  if (errno === 'EROFS') return badParameter('container rootfs is marked read-only');
  if (error instanceof TcomposeError && error.code !== 'SYS_CALL_FAILED' && error.code !== 'IMAGE_ARCHIVE')
    return error;
  return badParameter(`cannot unpack the archive: ${(error as Error).message}`);
}
