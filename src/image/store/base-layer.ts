import { mkdirSync } from 'node:fs';
import { type SkeletonEntry, writeSkeleton } from '../host/skeleton.ts';

/**
 * What every container has unless its image has something else at that place, as in Docker: `/.dockerenv`, by which
 * programs know that they are in a container, `/etc/mtab`, where older ones look for what is mounted, and the places of the file
 * systems and files that are mounted: a start would have to make them in the container's own layer.
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

/** The directory that lies below an image's own layers, kept below `parent`. */
export function baseLayer(parent: string): string {
  mkdirSync(parent, { recursive: true, mode: 0o700 });
  return writeSkeleton(parent, entries);
}
