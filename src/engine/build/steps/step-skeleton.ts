import { mkdirSync } from 'node:fs';
import { writeSkeleton } from '../../../image/host/skeleton.ts';

/**
 * The lowest layer of a command's root, kept below `parent`: the places of what is mounted, which would else have to be made in
 * the step's own layer. Unlike a container it has no `/.dockerenv`, `/etc/hostname` and `/etc/mtab`: what a command writes
 * there is the image's.
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
