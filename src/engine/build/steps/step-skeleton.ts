import { mkdirSync } from 'node:fs';
import { writeSkeleton } from '../../../image/host/skeleton.ts';

/**
 * The lowest layer of a command's root, kept below `parent`: the mount points, which would otherwise have to be made in
 * the step's own layer. Unlike a container's it has no `/.dockerenv`, `/etc/hostname` and `/etc/mtab`: what a command
 * writes there belongs to the image.
 */
export function stepSkeleton(parent: string): string {
  mkdirSync(parent, { recursive: true, mode: 0o700 });
  return writeSkeleton(parent, [
    ...['/dev', '/proc', '/sys'].map((path) => ({ kind: 'directory' as const, path, mode: 0o755 })),
    ...['/etc/hosts', '/etc/resolv.conf'].map((path) => ({
      kind: 'file' as const,
      path,
      data: '',
      mode: 0o644,
    })),
  ]);
}
