import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { TcomposeError } from '../../errors.ts';
import { archiveError } from '../../tar/archive-error.ts';
import { TarReader } from '../../tar/tar-reader.ts';
import { BlobRecorder } from '../store/blob-store.ts';
import { decompress, type OpenedArchive } from './decompress.ts';
import { errnoOf } from './layer-system.ts';
import { type LayerStatistics, type LayerWriterOptions, writeLayer } from './layer-writer.ts';

/** A layer unpacked in a staging directory: `<staging>/layer/diff` and `<staging>/blob`. */
export interface StagedLayer extends LayerStatistics {
  readonly diffId: string;
  readonly blob: { readonly digest: string; readonly size: number; readonly compressed: boolean };
}

/**
 * Reads a layer archive once: keeps it as it came, unpacks it, and computes both digests. `staging` must be an empty
 * private directory; the caller deletes it, whatever the outcome.
 * @throws TcomposeError IMAGE_ARCHIVE, IMAGE_STORE
 */
export async function stageLayer(
  archive: AsyncIterable<Uint8Array>,
  staging: string,
  options: LayerWriterOptions,
): Promise<StagedLayer> {
  const diff = join(staging, 'layer', 'diff');
  await mkdir(join(staging, 'layer'), { mode: 0o700 });
  await mkdir(diff, { mode: 0o755 });
  const recorder = await BlobRecorder.create(join(staging, 'blob'));
  const hash = createHash('sha256');
  let size = 0;
  async function* observed({ compressed, chunks }: OpenedArchive) {
    for await (const chunk of chunks) {
      // Of bytes that are kept as they came, the recorder has the digest.
      if (compressed) hash.update(chunk);
      size += chunk.length;
      yield chunk;
    }
  }
  let reader: TarReader | undefined;
  try {
    const opened = await decompress(recorder.record(archive));
    reader = new TarReader(observed(opened));
    const statistics = await writeLayer(reader, diff, options);
    const digest = recorder.digest();
    const { compressed } = opened;
    const diffId = compressed ? `sha256:${hash.digest('hex')}` : digest;
    return { ...statistics, diffId, blob: { digest, size: recorder.size, compressed } };
  } catch (error) {
    throw explain(error, staging, size);
  } finally {
    await reader?.close().catch(() => undefined);
    await recorder.close();
  }
}

/** Errors of the file system as sentences; others as they are. */
export function explain(error: unknown, directory: string, bytes: number): unknown {
  if (error instanceof TcomposeError && error.code !== 'SYS_CALL_FAILED') return error;
  const errno = errnoOf(error);
  if (errno === 'ENOSPC' || errno === 'EDQUOT') {
    const what = errno === 'ENOSPC' ? 'no space is left on the disk' : 'the disk quota is used up';
    return new TcomposeError(
      'IMAGE_STORE',
      `the image could not be stored: ${what} (${directory}, after ${bytes} bytes of the archive); nothing was kept`,
      { hint: 'Free some space, or put TCOMPOSE_ROOT on a larger file system.', cause: error },
    );
  }
  if (errno === 'ENAMETOOLONG') return archiveError('a file name in it is too long', error);
  if (errno === 'EINVAL' && /chown/.test(String(error)))
    return archiveError('it has files of users this user namespace has no ids for', error);
  if (errno === '' || errno.startsWith('ERR_')) return error;
  return new TcomposeError('IMAGE_STORE', `the image could not be stored: ${(error as Error).message}`, {
    hint: `Look at the file system of ${directory}.`,
    cause: error,
  });
}
