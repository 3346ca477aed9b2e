import type { Stats } from 'node:fs';
import { rfc3339 } from '../time-text.ts';

/** Bits of Go's os.FileMode, as used in the header's `mode`. */
const goMode = {
  directory: 2 ** 31,
  symlink: 2 ** 27,
  device: 2 ** 26,
  pipe: 2 ** 25,
  socket: 2 ** 24,
  setuid: 2 ** 23,
  setgid: 2 ** 22,
  character: 2 ** 21,
  sticky: 2 ** 20,
};

function typeBits(stat: Stats): number {
  if (stat.isDirectory()) return goMode.directory;
  if (stat.isSymbolicLink()) return goMode.symlink;
  if (stat.isFIFO()) return goMode.pipe;
  if (stat.isSocket()) return goMode.socket;
  if (stat.isCharacterDevice()) return goMode.device + goMode.character;
  return stat.isBlockDevice() ? goMode.device : 0;
}

/** Value of X-Docker-Container-Path-Stat: base64 of {name, size, mode (Go's), mtime, linkTarget}. */
export function pathStatHeader(name: string, stat: Stats, linkTarget: string): string {
  const mode =
    typeBits(stat) +
    (stat.mode & 0o777) +
    (stat.mode & 0o4000 ? goMode.setuid : 0) +
    (stat.mode & 0o2000 ? goMode.setgid : 0) +
    (stat.mode & 0o1000 ? goMode.sticky : 0);
  const value = {
    name,
    size: stat.size,
    mode,
    mtime: rfc3339({ ms: Math.floor(stat.mtimeMs), nanos: 0 }),
    linkTarget,
  };
  return Buffer.from(JSON.stringify(value)).toString('base64');
}
