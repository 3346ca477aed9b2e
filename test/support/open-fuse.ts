import { spawnSync } from 'node:child_process';
import { declare } from '../../src/sys/libc.ts';

const CLONE_NEWNS = 0x00020000;

/**
 * Takes this process, and with it every engine and command it starts from now on, into a mount namespace of its own for good,
 * in which every user may open /dev/fuse, as on most machines. Only for tiers whose files have a process each.
 * @returns why that could not be done
 */
export function openFuseToUsers(): string | undefined {
  const unshare = declare('int unshare(int flags)');
  if (unshare(CLONE_NEWNS) < 0) return 'a mount namespace could not be made';
  const script = [
    'set -e',
    'mount --make-rslave /',
    'at=$(mktemp -d)',
    'mount -t tmpfs -o dev,mode=755 fuse "$at"',
    'mknod -m 666 "$at/fuse" c 10 229',
    'mount --bind "$at/fuse" /dev/fuse',
    'umount -l "$at"',
    'rmdir "$at"',
  ].join('\n');
  const { status, stderr } = spawnSync('sh', ['-c', script], { encoding: 'utf8' });
  return status === 0 ? undefined : `/dev/fuse could not be opened to users: ${stderr.trim()}`;
}
