import { constants } from 'node:fs';
import { ConfinedDirectory } from '../../confined/confined-directory.ts';
import { baseOf, cName, joined, parentOf } from '../../confined/names.ts';
import { archiveError, shownName } from '../../tar/archive-error.ts';
import { archivePath } from '../../tar/archive-path.ts';
import type { TarEntry, TarReader } from '../../tar/tar-reader.ts';
import { errnoOf, type LayerSystem } from './layer-system.ts';
import { TreeWriter } from './tree-writer.ts';

export interface LayerWriterOptions {
  readonly system: Pick<LayerSystem, 'makeNode' | 'setExtendedAttribute'>;
  /** overlayfs in a user namespace stores its marks in `user.overlay.*`. */
  readonly userxattr: boolean;
  /** False: everything belongs to this process's user (in a user namespace with one id). */
  readonly ownership: boolean;
  readonly warn: (message: string) => void;
  /** Called before a file is written with its size, and how much of it is not holes. Throws where that is too much. */
  readonly growing?: (path: string, size: number, stored: number) => void;
  /** This thread may wait for the disk. */
  readonly sync?: boolean;
}

/** What must be checked again when the layers below are known (settle-layer.ts). Paths as in src/confined. */
export interface LayerMarks {
  /** Whiteouts that were made. */
  readonly whiteouts: readonly string[];
  /** Directories that the archive does not list, but that were made because it has entries in them. */
  readonly implied: readonly string[];
}

export interface LayerStatistics extends LayerMarks {
  /** Bytes of file data. */
  readonly size: number;
  readonly entries: number;
}

const whiteoutPrefix = '.wh.';
const opaqueMarker = '.wh..wh..opq';

/** The attribute with which overlayfs hides the layers below. */
export const opaqueAttribute = (userxattr: boolean): string =>
  `${userxattr ? 'user' : 'trusted'}.overlay.opaque`;

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
  const directory = ConfinedDirectory.at(root);
  const implied = new Set<string>();
  directory.onMade = (path) => implied.add(path);
  try {
    const { ownership, userxattr: _, ...rest } = options;
    const writer = new TreeWriter(directory, { ...rest, owner: ownership ? 'archive' : 'own' });
    const marks = new Marks(directory, options);
    let entries = 0;
    for (let entry = await reader.next(); entry !== undefined; entry = await reader.next()) {
      entries++;
      const path = archivePath(entry.name);
      if (baseOf(path).startsWith(whiteoutPrefix)) marks.add(writer, entry);
      else {
        await writer.write(entry, reader);
        if (implied.size > 0 && entry.type === 'directory') implied.delete(path);
      }
    }
    const whiteouts = marks.make();
    // After all entries: a new entry changes the time of its directory.
    await writer.finish();
    return { size: writer.size, entries, whiteouts, implied: [...implied] };
  } finally {
    directory.close();
  }
}

/** Whiteouts act on the layers below, never on this layer's own entries, so they are made when all of those exist. */
class Marks {
  readonly #root: ConfinedDirectory;
  readonly #options: LayerWriterOptions;
  readonly #hidden = new Set<string>();
  readonly #opaque = new Set<string>();

  constructor(root: ConfinedDirectory, options: LayerWriterOptions) {
    this.#root = root;
    this.#options = options;
  }

  add(writer: TreeWriter, entry: TarEntry): void {
    const { path, directory } = writer.place(entry)!;
    const base = baseOf(path);
    if (base === opaqueMarker) {
      this.#options.system.setExtendedAttribute(
        directory,
        opaqueAttribute(this.#options.userxattr),
        Buffer.from('y'),
      );
      this.#opaque.add(parentOf(path));
      return;
    }
    // Other names with a doubled prefix are internal to aufs.
    if (base.startsWith(whiteoutPrefix + whiteoutPrefix)) return;
    const hidden = base.slice(whiteoutPrefix.length);
    if (hidden === '' || hidden === '.' || hidden === '..')
      throw archiveError(`${shownName(entry.name)} hides no name`);
    this.#hidden.add(joined(parentOf(path), hidden));
  }

  /**
   * The paths of the whiteouts that were made: none where the layer itself has something, or where nothing below is
   * visible anyway.
   */
  make(): string[] {
    return [...this.#hidden].filter((path) => {
      if (this.#underOpaque(path)) return false;
      if (!this.#isDirectory(parentOf(path))) return false;
      const there = this.#root.find(path);
      there?.close();
      if (there !== undefined) return false;
      const { directory } = this.#root.place(path, false);
      this.#options.system.makeNode(directory, cName(baseOf(path)), constants.S_IFCHR, 0, 0);
      return true;
    });
  }

  /** False where a link that the layer added later makes the path a loop. */
  #isDirectory(path: string): boolean {
    try {
      const entry = this.#root.find(path);
      entry?.close();
      return entry?.stat.isDirectory() === true;
    } catch (error) {
      if (errnoOf(error) === 'ELOOP') return false;
      throw error;
    }
  }

  #underOpaque(path: string): boolean {
    for (let at = path; at !== ''; at = parentOf(at)) if (this.#opaque.has(parentOf(at))) return true;
    return false;
  }
}
