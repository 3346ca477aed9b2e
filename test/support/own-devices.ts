import { spawnSync } from 'node:child_process';
import { declare } from '../../src/sys/libc.ts';

const CLONE_NEWNS = 0x00020000;

/**
 * Takes this process, and with it every engine and command it starts from now on, into a mount namespace of its own for good,
 * in which a device has a node of its own that every user may open. Only for tiers whose files have a process each.
 * @returns why that could not be done
 */
function ownDevice(path: string, minor: number): string | undefined {
  const unshare = declare('int unshare(int flags)');
  if (unshare(CLONE_NEWNS) < 0) return 'a mount namespace could not be made';
  const script = [
    'set -e',
    'mount --make-rslave /',
    'at=$(mktemp -d)',
    'mount -t tmpfs -o dev,mode=755 device "$at"',
    'mknod -m 666 "$at/node" c 10 "$2"',
    'mount --bind "$at/node" "$1"',
    'umount -l "$at"',
    'rmdir "$at"',
  ].join('\n');
  const { status, stderr } = spawnSync('sh', ['-c', script, 'sh', path, String(minor)], { encoding: 'utf8' });
  return status === 0 ? undefined : `${path} could not be opened to users: ${stderr.trim()}`;
}

/** /dev/fuse as most machines have it. */
export const openFuseToUsers = (): string | undefined => ownDevice('/dev/fuse', 229);

/** A /dev/net/tun whose mode may be changed without another on this machine noticing. */
export const ownTun = (): string | undefined => ownDevice('/dev/net/tun', 200);
