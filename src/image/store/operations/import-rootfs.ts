import { applyChanges } from '../../image-changes.ts';
import type { Platform } from '../../ingest-types.ts';
import { parsePlatform } from '../../platform.ts';
import type { ImportOptions } from '../../types.ts';
import type { StoreIngest } from '../ingest.ts';
import { makeImage, makeLayer } from '../make-image.ts';
import type { Shelf } from '../shelf.ts';
import { taggable } from './taggable.ts';

/** See ImageStore.importRootfs; `own` is the platform of this machine. Returns the new image's id. */
export async function importRootfs(
  {
    shelf,
    own,
    ingest,
  }: { readonly shelf: Shelf; readonly own: Platform; readonly ingest: () => StoreIngest },
  archive: AsyncIterable<Uint8Array>,
  importOptions: ImportOptions,
): Promise<string> {
  // Everything that can be wrong with the request is found before the archive is read.
  const tag = importOptions.reference === undefined ? undefined : taggable(importOptions.reference);
  const config = applyChanges({}, importOptions.changes ?? []);
  const platform = importOptions.platform === undefined ? own : parsePlatform(importOptions.platform, own);
  if (!shelf.unpack.ownership)
    shelf.warn('all files of the image belong to this user: there are no other ids to give them');
  const pins = ingest();
  try {
    const layer = await makeLayer(shelf, { kind: 'tar', stream: archive }, [], pins);
    const created = new Date(shelf.now()).toISOString();
    const history = [{ created, comment: importOptions.message || 'Imported from -' }];
    const { os, architecture: arch, variant } = platform;
    const facts = {
      os,
      architecture: arch,
      ...(variant === undefined ? {} : { variant }),
      created,
      config,
      history,
    };
    return await makeImage(shelf, { facts, layers: [layer], ...(tag === undefined ? {} : { tag }) }, pins);
  } finally {
    await pins.release();
  }
}
