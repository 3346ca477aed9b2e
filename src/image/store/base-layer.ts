import { mkdirSync } from 'node:fs';
import { type SkeletonEntry, writeSkeleton } from '../host/skeleton.ts';

/**
 * What every container has unless its image has something else there, as in Docker: `/.dockerenv`, by which programs
 * detect a container; `/etc/mtab`, where older programs look for mounts; and the mount points of file systems and
 * files, which each start would otherwise have to make in the container's own layer.
 */
const entries: readonly SkeletonEntry[] = [
  { kind: 'directory', path: '/dev', mode: 0o755 },
  { kind: 'directory', path: '/proc', mode: 0o755 },
  { kind: 'directory', path: '/sys', mode: 0o755 },
  { kind: 'file', path: '/.dockerenv', data: '', mode: 0o755 },
  { kind: 'symlink', path: '/etc/mtab', text: '/proc/mounts' },
  { kind: 'file', path: '/etc/hostname', data: '', mode: 0o644 },
  { kind: 'file', path: '/etc/hosts', data: '', mode: 0o644 },
  { kind: 'file', path: '/etc/resolv.conf', data: '', mode: 0o644 },
];

/** The directory below an image's own layers; it is made in `parent`. */
export function baseLayer(parent: string): string {
  mkdirSync(parent, { recursive: true, mode: 0o700 });
  return writeSkeleton(parent, entries);
}
