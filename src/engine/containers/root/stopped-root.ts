import { constants, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ConfinedDirectory } from '../../../confined/confined-directory.ts';
import type { ConfinedEntry } from '../../../confined/entry.ts';
import { bytesOfPath, textOfPath } from '../../../confined/names.ts';
import { withOpenDirectories } from '../../../confined/open-directories.ts';
import type { ImageRecord, RootfsSource, RootfsStorage } from '../../../image/types.ts';
import { keptId } from '../../../runtime/spec/keep-id.ts';
import { mountOverlayDetached, type OverlayLayers } from '../../../sys/mount/detached-overlay.ts';
import { O_PATH } from '../../../sys/openat2.ts';
import type { Engine } from '../../context.ts';
import { isMounted } from '../../volume-mounted.ts';
import { volumeKind } from '../../volume-options.ts';
import type { Container } from '../container.ts';
import { asStored, keptRootfs } from '../host/kept-owners.ts';
import { emptyDirectory, isCopied, rootContext } from '../host/root-context.ts';
import {
  confineSource,
  confineVolume,
  openConfined,
  openIfThere,
  openInside,
  writableDirectories,
} from '../host/writable-directories.ts';
import type { StoredMount } from '../record.ts';
import type { ContainerRoot, RootAccess } from './root-handle.ts';

const directoryFlags = O_PATH | constants.O_DIRECTORY;
type Layers = Pick<Engine, 'images' | 'machine'>;
type Files = Pick<Container, 'directory' | 'upperDir' | 'record' | 'hostConfig' | 'state'>;

/**
 * The root of a container that does not run: its layers in an overlay that is mounted nowhere, covered by its volumes
 * and binds. A root for reading never disturbs the container's own overlay, should it start meanwhile; a root for
 * writing has to be used in the container's serial queue.
 */
export async function openStoppedRoot(
  engine: Engine,
  container: Files,
  access: RootAccess,
): Promise<ContainerRoot> {
  const rootfs = await rootfsOf(engine, container);
  const root = await openLayers(engine, container, rootfs, access);
  try {
    const covers = [
      ...(rootfs?.binds ?? []).map((bind) => ({ ...bind, open: () => openIfThere(bind.source) })),
      ...container.record.mounts.map((mount) => coverOf(engine, container, mount)),
    ].sort((a, b) => a.target.length - b.target.length);
    const completes = access === 'complete' && container.state.status === 'created';
    const readOnly = new Map([['', !completes && (container.hostConfig.ReadonlyRootfs ?? false)]]);
    for (const cover of covers) {
      const fd = cover.open();
      if (fd !== undefined) readOnly.set(root.cover(bytesOfPath(cover.target), fd), cover.readOnly);
    }
    return {
      directory: root,
      readOnly,
      owners: keptId(container.hostConfig.UsernsMode, engine.machine),
      stands: () => true,
      release: () => root.closeElsewhere(),
    };
  } catch (error) {
    root.close();
    throw error;
  }
}

/**
 * The container's own file system without its mounts, for reading, whatever the container is doing; files have the
 * owners that they have inside it.
 */
export async function openOwnRoot(engine: Layers, container: Files): Promise<ContainerRoot> {
  const directory = await openLayers(engine, container, asStored(await rootfsOf(engine, container)), 'read');
  return {
    directory,
    readOnly: new Map(),
    owners: undefined,
    stands: () => true,
    release: () => directory.closeElsewhere(),
  };
}

/** Only the image's layers, merged. */
export async function openImageRoot(
  container: Pick<Container, 'directory'>,
  rootfs: RootfsSource | undefined,
): Promise<ConfinedDirectory> {
  return merged(rootfs?.lowerDirs ?? [], container, rootfs);
}

async function rootfsOf(engine: Layers, container: Files): Promise<RootfsSource | undefined> {
  const image = engine.images.get(container.record.imageId);
  return image === undefined ? undefined : rootfsIn(engine, container, image);
}

const rootfsIn = (
  { images, machine }: Layers,
  { hostConfig }: Pick<Container, 'hostConfig'>,
  image: ImageRecord,
): RootfsSource => keptRootfs(machine, hostConfig, images.rootfs(image));

async function openLayers(
  engine: Layers,
  container: Files,
  rootfs: RootfsSource | undefined,
  access: RootAccess,
): Promise<ConfinedDirectory> {
  const { upperDir } = container;
  if (rootfs === undefined) return ConfinedDirectory.at(upperDir);
  // An existing copy is complete by itself, and on such a data root overlays to read layers through may be impossible.
  if (rootfs.storage.kind === 'copy' && (access !== 'read' || isCopied(container))) {
    const context = await rootContext(engine, container, rootfs);
    if (context.kind === 'directory') return ConfinedDirectory.at(context.path);
  }
  if (access === 'read') {
    const touched = readdirSync(upperDir).length > 0;
    return merged(touched ? [upperDir, ...rootfs.lowerDirs] : rootfs.lowerDirs, container, rootfs);
  }
  return withOpenDirectories([upperDir, join(container.directory, 'work'), ...rootfs.lowerDirs], (fds) => {
    const [directory = -1, work = -1, ...lower] = fds;
    return overlay({ lower, upper: { directory, work } }, container, rootfs);
  });
}

/** Directories, top first, merged into one; read-only if there are several. */
function merged(
  directories: readonly string[],
  container: Pick<Container, 'directory'>,
  rootfs: RootfsSource | undefined,
): ConfinedDirectory {
  const empty = emptyDirectory(container);
  const [only = empty] = directories;
  if (directories.length <= 1 && mountedBy(rootfs?.storage).owners === undefined)
    return new ConfinedDirectory(openSync(only, directoryFlags), openSync(empty, directoryFlags));
  return withOpenDirectories(directories.length === 0 ? [empty] : directories, (lower) =>
    overlay({ lower }, container, rootfs),
  );
}

function overlay(
  layers: {
    readonly lower: readonly number[];
    readonly upper?: { readonly directory: number; readonly work: number };
  },
  container: Pick<Container, 'directory'>,
  rootfs: RootfsSource | undefined,
): ConfinedDirectory {
  const place = emptyDirectory(container);
  return new ConfinedDirectory(
    mountOverlayDetached({ ...layers, ...mountedBy(rootfs?.storage) }, place),
    openSync(place, directoryFlags),
  );
}

/** How overlays of such a storage are mounted; copies need overlays, too, for reading. */
const mountedBy = (storage: RootfsStorage | undefined): Omit<OverlayLayers, 'lower'> =>
  storage?.kind === 'overlay'
    ? { userxattr: storage.userxattr, fuse: storage.fuse, owners: storage.owners }
    : { userxattr: false };

/** A volume whose own file system is mounted only while a container runs appears as an empty directory until then. */
function coverOf(
  engine: Pick<Engine, 'images' | 'machine' | 'volumes' | 'containers'>,
  container: Files,
  mount: StoredMount,
): { readonly target: string; readonly readOnly: boolean; readonly open: () => number | undefined } {
  const { target } = mount;
  const volume = mount.volume === undefined ? undefined : engine.volumes.get(mount.volume);
  const away =
    volume !== undefined &&
    volumeKind(volume.options).kind === 'mount' &&
    !isMounted(engine.volumes.dataPath(volume));
  if (away) return { target, readOnly: true, open: () => openIfThere(emptyDirectory(container)) };
  return { target, readOnly: mount.readOnly, open: () => openSource(engine, container, mount) };
}

/** What a start would mount; undefined for a tmpfs, which exists only while the container runs, and for a missing source. */
function openSource(
  engine: Pick<Engine, 'images' | 'machine' | 'volumes' | 'containers'>,
  container: Files,
  mount: StoredMount,
): number | undefined {
  if (mount.type === 'tmpfs') return undefined;
  if (mount.type === 'image') return openImageMount(engine, container, mount);
  const writable = writableDirectories(engine);
  const volume = mount.volume === undefined ? undefined : engine.volumes.get(mount.volume);
  if (mount.volume !== undefined && volume === undefined) return undefined;
  const source = openConfined(
    volume === undefined
      ? confineSource(mount.source, writable)
      : confineVolume(volume, engine.volumes.dataPath(volume), writable),
  );
  return source === undefined || mount.subpath === undefined ? source : openInside(source, mount.subpath);
}

function openImageMount(engine: Layers, container: Files, mount: StoredMount): number | undefined {
  return inImageMount(engine, container, mount, ({ fd }) => openSync(`/proc/self/fd/${fd}`, O_PATH));
}

/**
 * The part of a mounted image to which a subpath refers, with its links followed inside the image: a path without
 * links. Images don't change, so the launch will find the same. Undefined when there is none.
 */
export const imageSubpath = (
  engine: Layers,
  container: Pick<Container, 'directory' | 'hostConfig'>,
  mount: StoredMount,
): string | undefined => inImageMount(engine, container, mount, ({ path }) => textOfPath(path));

function inImageMount<T>(
  engine: Layers,
  container: Pick<Container, 'directory' | 'hostConfig'>,
  mount: StoredMount,
  use: (entry: ConfinedEntry) => T,
): T | undefined {
  const image = engine.images.get(mount.imageId ?? '');
  if (image === undefined) return undefined;
  const tree = merged(engine.images.layerDirectories(image), container, rootfsIn(engine, container, image));
  try {
    const entry = tree.find(mount.subpath ?? '', true);
    if (entry === undefined) return undefined;
    try {
      return use(entry);
    } finally {
      entry.close();
    }
  } finally {
    tree.close();
  }
}
