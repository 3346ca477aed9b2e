import { TcomposeError } from '../../errors.ts';
import type { Descriptor } from '../ingest-types.ts';
import { explain } from '../unpack/explain.ts';
import { settleLayer } from './settle-layer.ts';
import type { Shelf } from './shelf.ts';

/** See ImageMaker.unpack. */
export async function unpackLayer(
  shelf: Shelf,
  { descriptor, diffId }: { readonly descriptor: Descriptor; readonly diffId: string },
  directory: string,
  lower: readonly string[],
): Promise<number> {
  const { digest, size } = descriptor;
  if (shelf.blobs.size(digest) === undefined)
    throw new TcomposeError('IMAGE_BLOB', `the blob ${digest} is not in the store`);
  const job = shelf.jobs.start(
    {
      kind: 'take',
      file: shelf.blobs.path(digest),
      input: false,
      expected: { digest, size },
      // Overlays of builds use the marks that need privileges.
      layer: { ...shelf.unpack, userxattr: false, mayBeEmpty: true, tree: directory },
    },
    { warn: shelf.warn },
  );
  try {
    const result = await job.end();
    if (result.diffId !== diffId)
      throw new TcomposeError(
        'IMAGE_ARCHIVE',
        `invalid diffID for layer ${digest}: expected "${diffId}", got "${result.diffId}"`,
      );
    if (result.tree === undefined) return 0;
    await settleLayer(directory, lower, result.tree);
    return result.tree.size;
  } catch (error) {
    throw explain(error, shelf.root, 0);
  }
}
