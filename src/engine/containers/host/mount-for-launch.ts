import { closeSync, constants, mkdirSync, openSync, readFileSync } from 'node:fs';
import type { ImageOverlay, RootfsContext } from '../../../runtime/launch/launch-context.ts';
import type { OverlayLayers } from '../../../sys/mount/detached-overlay.ts';
import { detachMount, type FuseLayers, mountFuseOverlay } from '../../../sys/mount/fuse-overlay.ts';
import { O_PATH } from '../../../sys/openat2.ts';
import type { Layout } from '../../store/layout.ts';

/** What a launch mounts, or what was mounted for it. */
export interface LaunchMounts {
  readonly rootfs: RootfsContext;
  readonly images: readonly ImageOverlay[];
  /** Removes the mounts from the engine's mount namespace; idempotent. A container that has started keeps its own. */
  readonly release: () => void;
}

const directoryFlags = O_PATH | constants.O_DIRECTORY;

/**
 * Has a program mount the overlays of a launch if the kernel refuses them to an ordinary user: the launch then binds
 * these mounts. The container's mount namespace has a copy of each mount, and the program ends with that namespace,
 * whatever happens to the engine.
 * @param storage names the program, if needed, and the owners that it shows
 * @param place directory for the root, made if missing
 */
export function mountForLaunch(
  { fuse, owners }: Pick<OverlayLayers, 'fuse' | 'owners'>,
  place: string,
  rootfs: RootfsContext,
  images: readonly ImageOverlay[] = [],
): LaunchMounts {
  if (fuse === undefined || rootfs.kind !== 'overlay') return { rootfs, images, release: () => {} };
  const mounted: string[] = [];
  const release = (): void => {
    for (const path of mounted.splice(0).reverse()) detachMount(path);
  };
  const mount = (lower: readonly string[], upper: readonly string[], path: string): void => {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    withOpen([...upper, ...lower], (fds) =>
      mountFuseOverlay(fuse, { ...layersOf(fds, upper.length > 0), owners }, path),
    );
    mounted.push(path);
  };
  try {
    mount(rootfs.lowerDirs, [rootfs.upper, rootfs.work], place);
    for (const { lowerDirs, mountPoint } of images) mount(lowerDirs, [], mountPoint);
  } catch (error) {
    release();
    throw error;
  }
  const { binds } = rootfs;
  return {
    rootfs: { kind: 'directory', path: place, ...(binds === undefined ? {} : { binds }) },
    images: [],
    release,
  };
}

function layersOf(fds: readonly number[], writable: boolean): FuseLayers {
  if (!writable) return { lower: fds };
  const [directory = -1, work = -1, ...lower] = fds;
  return { lower, upper: { directory, work } };
}

function withOpen(paths: readonly string[], use: (fds: readonly number[]) => void): void {
  const fds: number[] = [];
  try {
    for (const path of paths) fds.push(openSync(path, directoryFlags));
    use(fds);
  } finally {
    for (const fd of fds) closeSync(fd);
  }
}

/** Removes mounts that were made for a launch by an engine that was killed during it. */
export function detachLeftMounts({ lib, run }: Pick<Layout, 'lib' | 'run'>): void {
  for (const place of fuseMounts(readFileSync('/proc/self/mountinfo', 'utf8')).reverse())
    if ([lib, run].some((directory) => place.startsWith(`${directory}/`))) detachMount(place);
}

/** Mount points of fuse-overlayfs, from the text of proc_pid_mountinfo(5). Pure. */
export function fuseMounts(mountinfo: string): string[] {
  return mountinfo.split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ');
    const place = before.split(' ')[4];
    if (!after.startsWith('fuse.fuse-overlayfs ') || place === undefined) return [];
    return [
      place.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))),
    ];
  });
}
