import type { Stats } from 'node:fs';
import {
  chmodSync,
  closeSync,
  constants,
  lchownSync,
  lstatSync,
  mkdirSync,
  openSync,
  readlinkSync,
} from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { SystemCallError } from '../../sys/libc.ts';
import { O_PATH, openInRoot } from '../../sys/openat2.ts';
import type { Container } from '../containers/container.ts';
import { type LayeredEntry, type LayeredRoot, openLayers } from '../containers/host/layered-root.ts';
import type { Engine } from '../context.ts';
import { badParameter, notFound } from '../http/failure.ts';

/** A file of a container's root. `real` is a host path of which only the last part is the container's to choose. */
export interface RootEntry {
  /** Path inside the root. */
  readonly path: string;
  readonly real: string;
  readonly stat: Stats;
}

/** A container's file system for docker cp: of a running one its own mounts, of a stopped one its layers and volumes. */
export interface ContainerRoot {
  /** Throws 404. The last part is followed when it is a link and `follow`. */
  find(path: string, follow: boolean): Promise<RootEntry>;
  children(entry: RootEntry): Promise<RootEntry[]>;
  /**
   * A host directory, safe to write into, for a directory inside the root; made when absent. Throws 400 when something
   * else is there.
   */
  writable(path: string): Promise<string>;
  /** Gives up what it holds; idempotent. */
  release(): void;
}

/** A container's root: of its processes while it is up, else put together from its layers. To be released. */
export async function openContainerRoot(engine: Engine, container: Container): Promise<ContainerRoot> {
  const { state } = container;
  if (state.status === 'running' || state.status === 'paused')
    return openRunning(state.process.pid, container.name);
  return openStopped(engine, container);
}

/**
 * Through /proc/<pid>/root with openat2(RESOLVE_IN_ROOT): a process in the container that swaps a directory for a link
 * at the wrong moment still can't lead out of it. Descriptors stay open until the release, so that `real` paths
 * (/proc/self/fd/N/name) stay what they were.
 */
function openRunning(pid: number, name: string): ContainerRoot {
  const rootFd = openSync(`/proc/${pid}/root`, O_PATH | constants.O_DIRECTORY);
  const held = new Set<number>([rootFd]);
  const hold = (path: string, flags: number): number => {
    const fd = openInRoot(rootFd, path.replace(/^\/+/, ''), flags);
    held.add(fd);
    return fd;
  };
  const entryAt = (path: string): RootEntry => {
    const clean = posix.normalize(`/${path}`).replace(/(.)\/$/, '$1');
    const parent = hold(dirname(clean), O_PATH | constants.O_DIRECTORY);
    const real =
      clean === '/' ? `/proc/self/fd/${parent}/.` : `/proc/self/fd/${parent}/${posix.basename(clean)}`;
    return { path: clean, real, stat: lstatSync(real) };
  };
  return {
    async find(path, follow) {
      try {
        const entry = entryAt(path);
        if (!follow || !entry.stat.isSymbolicLink()) return entry;
        const fd = hold(entry.path, O_PATH);
        const real = `/proc/self/fd/${fd}`;
        const target = lstatOf(fd);
        return { path: entry.path, real: target.isDirectory() ? `${real}/.` : real, stat: target };
      } catch (error) {
        throw asNotFound(path, error, name);
      }
    },
    async children(entry) {
      const fd = openSync(entry.real, O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW);
      held.add(fd);
      const base = `/proc/self/fd/${fd}`;
      const names = await readdir(`${base}/.`);
      return names.flatMap((name) => statEntry(join(entry.path, name), `${base}/${name}`));
    },
    async writable(path) {
      const parts = path.split('/').filter((part) => part !== '');
      let made = '';
      for (const part of parts) {
        const parent = made;
        made = `${made}/${part}`;
        try {
          closeSync(openInRoot(rootFd, made.slice(1), O_PATH | constants.O_DIRECTORY));
        } catch (error) {
          if (!(error instanceof SystemCallError) || error.errnoName !== 'ENOENT')
            throw badParameter(`${made} is not a directory`);
          mkdirSync(`/proc/self/fd/${hold(parent, O_PATH | constants.O_DIRECTORY)}/${part}`, { mode: 0o755 });
        }
      }
      return `/proc/self/fd/${hold(path, O_PATH | constants.O_DIRECTORY)}`;
    },
    release() {
      for (const fd of held) closeSync(fd);
      held.clear();
    },
  };
}

/** stat of what an O_PATH descriptor stands for. */
function lstatOf(fd: number): Stats {
  return (
    lstatSync(`/proc/self/fd/${fd}/.`, { throwIfNoEntry: false }) ??
    lstatSync(readlinkSync(`/proc/self/fd/${fd}`))
  );
}

function statEntry(path: string, real: string): RootEntry[] {
  const stat = lstatSync(real, { throwIfNoEntry: false });
  return stat === undefined ? [] : [{ path, real, stat }];
}

function asNotFound(path: string, error: unknown, container: string): Error {
  if (error instanceof SystemCallError || (error as NodeJS.ErrnoException).code !== undefined) {
    return notFound(`Could not find the file ${path} in container ${container}`);
  }
  return error as Error;
}

/** The container's own file system without its mounts, for docker export; also of a running container. */
export function openWithoutMounts(engine: Engine, container: Container): Promise<ContainerRoot> {
  return openStopped(engine, container, []);
}

/** Overlay layers read in place; writes go to the upper layer, or into the volume or bind that covers the path. */
async function openStopped(
  engine: Engine,
  container: Container,
  mounts = container.record.mounts,
): Promise<ContainerRoot> {
  const image = engine.images.get(container.record.imageId);
  const rootfs = image === undefined ? undefined : await engine.images.rootfs(image);
  const base = openLayers([container.upperDir, ...(rootfs?.lowerDirs ?? [])]);
  const covers = [
    ...(rootfs?.binds ?? []).map(({ target, source, readOnly }) => ({ target, source, readOnly })),
    ...mounts.flatMap((mount) => {
      const volume = mount.volume === undefined ? undefined : engine.volumes.get(mount.volume);
      const source = volume === undefined ? mount.source : engine.volumes.dataPath(volume);
      const { target, readOnly } = mount;
      return mount.type === 'tmpfs' || source === '' ? [] : [{ target, source, readOnly }];
    }),
  ].sort((a, b) => b.target.length - a.target.length);
  const at = (
    path: string,
  ): {
    root: LayeredRoot;
    inner: string;
    source: string | undefined;
    prefix: string;
    readOnly: boolean;
  } => {
    const clean = posix.normalize(`/${path}`);
    const cover = covers.find(({ target }) => clean === target || clean.startsWith(`${target}/`));
    return cover === undefined
      ? {
          root: base,
          inner: clean,
          source: undefined,
          prefix: '',
          readOnly: container.hostConfig.ReadonlyRootfs ?? false,
        }
      : {
          root: openLayers([cover.source]),
          inner: clean.slice(cover.target.length) || '/',
          source: cover.source,
          prefix: cover.target,
          readOnly: cover.readOnly,
        };
  };
  const find = async (path: string, follow: boolean): Promise<LayeredEntry | undefined> => {
    const place = at(path);
    const found = await place.root.find(place.inner, follow);
    return found === undefined ? undefined : { ...found, path: join(place.prefix, found.path) };
  };
  return {
    async find(path, follow) {
      const found = await find(path, follow);
      if (found === undefined)
        throw notFound(`Could not find the file ${path} in container ${container.name}`);
      return found;
    },
    async children(entry) {
      const place = at(entry.path);
      const own = await place.root.find(place.inner, false);
      if (own === undefined) return [];
      const names = await place.root.list(own);
      const entries = await Promise.all(names.map((name) => find(join(entry.path, name), false)));
      return entries.filter((one) => one !== undefined);
    },
    async writable(path) {
      const place = at(path);
      if (place.readOnly) {
        throw badParameter(
          place.source === undefined
            ? 'container rootfs is marked read-only'
            : 'mounted volume is marked read-only',
        );
      }
      const target = place.source ?? container.upperDir;
      const found = await place.root.find(place.inner, true);
      if (found !== undefined && !found.stat.isDirectory()) throw badParameter(`${path} is not a directory`);
      let made = '';
      for (const part of (found?.path ?? place.inner).split('/').filter((one) => one !== '')) {
        made = `${made}/${part}`;
        const real = join(target, made);
        const there = lstatSync(real, { throwIfNoEntry: false });
        if (there?.isDirectory()) continue;
        if (there !== undefined) throw badParameter(`${made} is not a directory`);
        const below = await place.root.find(made, false);
        mkdirSync(real, { mode: 0o755 });
        if (below === undefined) continue;
        lchownSync(real, below.stat.uid, below.stat.gid);
        chmodSync(real, below.stat.mode & 0o7777);
      }
      return join(target, made);
    },
    release: () => void rootfs?.release(),
  };
}
