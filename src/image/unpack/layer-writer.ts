import { constants } from 'node:fs';
import { ConfinedDirectory } from '../../confined/confined-directory.ts';
import { baseOf, cName, joined, parentOf } from '../../confined/names.ts';
import { archiveError, shownName } from '../../tar/archive-error.ts';
import type { TarEntry, TarReader } from '../../tar/tar-reader.ts';
import type { LayerSystem } from './layer-system.ts';
import { archiveParts, TreeWriter } from './tree-writer.ts';

export interface LayerWriterOptions {
  readonly system: LayerSystem;
  /** overlayfs in a user namespace keeps its marks in `user.overlay.*`. */
  readonly userxattr: boolean;
  /** False: everything belongs to this process's user (a user namespace with one id). */
  readonly ownership: boolean;
  readonly warn: (message: string) => void;
}

export interface LayerStatistics {
  /** Bytes of file data. */
  readonly size: number;
  readonly entries: number;
}

const whiteoutPrefix = '.wh.';
const opaqueMarker = '.wh..wh..opq';

/**
 * Unpacks one layer (OCI image-spec, "Image Layer Filesystem Changeset") into the directory `root`; whiteouts and opaque
 * directories get overlayfs's own form.
 * @throws TcomposeError IMAGE_ARCHIVE for what no layer may hold; errors of the file system as they are (ENOSPC)
 */
export async function writeLayer(
  reader: TarReader,
  root: string,
  options: LayerWriterOptions,
): Promise<LayerStatistics> {
  const { system, warn } = options;
  const directory = ConfinedDirectory.at(root);
  try {
    const writer = new TreeWriter(directory, { system, warn, owner: options.ownership ? 'archive' : 'own' });
    let entries = 0;
    for (let entry = await reader.next(); entry !== undefined; entry = await reader.next()) {
      entries++;
      const base = archiveParts(entry.name).at(-1);
      if (base?.startsWith(whiteoutPrefix)) whiteOut(directory, writer, entry, options);
      else await writer.write(entry, reader);
    }
    await writer.finish();
    return { size: writer.size, entries };
  } finally {
    directory.close();
  }
}

/** Whiteouts act on the layers below, never on what this layer holds itself. */
function whiteOut(
  root: ConfinedDirectory,
  writer: TreeWriter,
  entry: TarEntry,
  options: LayerWriterOptions,
): void {
  const { path, directory } = writer.place(entry)!;
  const base = baseOf(path);
  if (base === opaqueMarker) {
    const name = `${options.userxattr ? 'user' : 'trusted'}.overlay.opaque`;
    options.system.setExtendedAttribute(directory, name, Buffer.from('y'));
    return;
  }
  // Other names with a doubled prefix are aufs's bookkeeping.
  if (base.startsWith(whiteoutPrefix + whiteoutPrefix)) return;
  const hidden = base.slice(whiteoutPrefix.length);
  if (hidden === '' || hidden === '.' || hidden === '..')
    throw archiveError(`${shownName(entry.name)} hides no name`);
  const there = root.find(joined(parentOf(path), hidden));
  there?.close();
  if (there === undefined)
    options.system.makeNode(root.place(path).directory, cName(hidden), constants.S_IFCHR, 0, 0);
}
