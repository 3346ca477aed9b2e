import { closeSync, constants, openSync } from 'node:fs';
import { check, declare, SystemCallError } from '../libc.ts';
import { O_PATH } from '../openat2.ts';
import { detachMount, type FuseLayers, mountFuseOverlay } from './fuse-overlay.ts';

const fsopen = declare('long syscall(long number, const uint8_t *name, long flags)');
const fsconfig = declare(
  'long syscall(long number, long fd, long command, const uint8_t *key, const uint8_t *value, long aux)',
);
const fsmount = declare('long syscall(long number, long fd, long flags, long attributes)');
const mount = declare(
  'int mount(const uint8_t *source, const uint8_t *target, const uint8_t *type, unsigned long flags, const uint8_t *data)',
);

/** The same numbers on every architecture (asm-generic). */
const numbers = { fsopen: 430, fsconfig: 431, fsmount: 432 };
const closeOnExec = 1;
const setString = 1;
const create = 6;
/** MOUNT_ATTR_* and MS_* use the same numbers for read-only, nosuid and nodev. */
const readOnly = 1;
const noSuidNoDev = 6;
/** Most bytes of a value given to fsconfig(2), including its NUL. */
const longestValue = 256;

const cString = (text: string): Buffer => Buffer.from(`${text}\0`);
const pathOf = (fd: number): string => `/proc/self/fd/${fd}`;

/** Directories, as descriptors that the caller keeps. */
export interface OverlayLayers {
  /** Top first; at least two if there is no `upper`. */
  readonly lower: readonly number[];
  /** Absent: the overlay is read-only. */
  readonly upper?: { readonly directory: number; readonly work: number };
  readonly userxattr: boolean;
  /** The program (fuse-overlayfs) that mounts the overlay instead of the kernel. */
  readonly fuse?: string | undefined;
  /** Other owners than the files have; only with `fuse`. */
  readonly owners?: FuseLayers['owners'];
}

/**
 * Mounts an overlay that no mount table shows, and returns an O_PATH descriptor of its root; the mount lasts as long as
 * the descriptor is open. Kernels before 6.7 take many layers only by mount(2): then the overlay is mounted at
 * `mountPoint`, an empty directory, for an instant. The same happens with `fuse`.
 * @throws SystemCallError; TcomposeError SYS_CALL_FAILED when the program fails
 */
export function mountOverlayDetached(layers: OverlayLayers, mountPoint: string): number {
  if (layers.fuse !== undefined) {
    mountFuseOverlay(layers.fuse, layers, mountPoint);
    return openAndDetach(mountPoint);
  }
  const attributes = noSuidNoDev | (layers.upper === undefined ? readOnly : 0);
  const context = check(fsopen(numbers.fsopen, cString('overlay'), closeOnExec), 'fsopen overlay');
  const set = (key: string, value: string): void => {
    const result = fsconfig(numbers.fsconfig, context, setString, cString(key), cString(value), 0);
    check(result, `fsconfig ${key}`);
  };
  try {
    if (!setLower(set, layers.lower)) return mountAndDetach(layers, mountPoint, attributes);
    if (layers.upper !== undefined) {
      set('upperdir', pathOf(layers.upper.directory));
      set('workdir', pathOf(layers.upper.work));
    }
    if (layers.userxattr)
      check(fsconfig(numbers.fsconfig, context, 0, cString('userxattr'), null, 0), 'fsconfig userxattr');
    check(fsconfig(numbers.fsconfig, context, create, null, null, 0), 'fsconfig create');
    return check(fsmount(numbers.fsmount, context, closeOnExec, attributes), 'fsmount');
  } finally {
    closeSync(context);
  }
}

/** Sets all layers in one value if they fit, else one by one; false when the kernel can't take them one by one. */
function setLower(set: (key: string, value: string) => void, lower: readonly number[]): boolean {
  const all = lower.map(pathOf).join(':');
  if (all.length < longestValue) {
    set('lowerdir', all);
    return true;
  }
  try {
    for (const fd of lower) set('lowerdir+', pathOf(fd));
    return true;
  } catch (error) {
    if (error instanceof SystemCallError && error.errnoName === 'EINVAL') return false;
    throw error;
  }
}

function mountAndDetach(layers: OverlayLayers, mountPoint: string, flags: number): number {
  const { lower, upper, userxattr } = layers;
  const data = [
    `lowerdir=${lower.map(pathOf).join(':')}`,
    ...(upper === undefined ? [] : [`upperdir=${pathOf(upper.directory)}`, `workdir=${pathOf(upper.work)}`]),
    ...(userxattr ? ['userxattr'] : []),
  ].join(',');
  const at = cString(mountPoint);
  check(mount(cString('overlay'), at, cString('overlay'), flags, cString(data)), 'mount overlay');
  return openAndDetach(mountPoint);
}

function openAndDetach(mountPoint: string): number {
  try {
    return openSync(mountPoint, O_PATH | constants.O_DIRECTORY);
  } finally {
    detachMount(mountPoint);
  }
}
