import { closeSync, constants, mkdirSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { mountOverlayDetached } from '../../sys/mount/detached-overlay.ts';

/**
 * Makes an overlay of empty directories below `root`, as containers in a user namespace need them, and removes it
 * again.
 * @returns why the kernel refuses it; undefined if it doesn't
 */
export function whyNoUserOverlay(root: string): string | undefined {
  mkdirSync(root, { recursive: true, mode: 0o700 });
  const base = mkdtempSync(join(root, '.probe-'));
  const opened: number[] = [];
  const directory = (name: string): number => {
    mkdirSync(join(base, name));
    const fd = openSync(join(base, name), constants.O_DIRECTORY);
    opened.push(fd);
    return fd;
  };
  try {
    mkdirSync(join(base, 'point'));
    const layers = {
      lower: [directory('lower')],
      upper: { directory: directory('upper'), work: directory('work') },
      userxattr: true,
    };
    opened.push(mountOverlayDetached(layers, join(base, 'point')));
    return undefined;
  } catch (error) {
    return (error as Error).message;
  } finally {
    for (const fd of opened.reverse()) closeSync(fd);
    rmSync(base, { recursive: true, force: true });
  }
}
