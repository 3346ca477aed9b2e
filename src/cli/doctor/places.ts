import { statSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Place } from '../../doctor/facts.ts';
import { within } from './machine.ts';

/** Milliseconds that a file system may take to report its free space: one whose server is gone never does. */
const patience = 1000;

/** A directory that may not exist yet: then the nearest existing one above it is examined. */
export async function readPlace(what: string, path: string, mountinfo: string): Promise<Place | undefined> {
  const there = existing(path);
  const full = await within(statfs(there), patience, undefined);
  const mount = mountOf(mountinfo, there);
  if (full === undefined || mount === undefined) return undefined;
  return {
    what,
    path,
    ...mount,
    freeBytes: full.bavail * full.bsize,
    freeInodes: full.ffree,
    inodes: full.files,
  };
}

function existing(path: string): string {
  for (let at = path; ; at = dirname(at)) {
    if (at === dirname(at) || isDirectory(at)) return at;
  }
}

/** Also false for what may not be looked at, or is below something that is no directory. */
function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

interface Mount {
  readonly point: string;
  readonly type: string;
  readonly options: readonly string[];
}

/** Type and options of the mount that contains a path, from the text of /proc/self/mountinfo (proc_pid_mountinfo(5)). Pure. */
export function mountOf(mountinfo: string, path: string): Mount | undefined {
  let best: Mount | undefined;
  for (const line of mountinfo.split('\n')) {
    const fields = line.split(' ');
    const dash = fields.indexOf('-');
    const point = fields[4]?.replace(/\\([0-7]{3})/g, (_, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    );
    if (dash < 0 || point === undefined) continue;
    const inside = path === point || point === '/' || path.startsWith(`${point}/`);
    // Of two mounts at one place, the later one is on top.
    if (!inside || (best !== undefined && point.length < best.point.length)) continue;
    const options = [...(fields[5] ?? '').split(','), ...(fields[dash + 3] ?? '').split(',')];
    best = { point, type: fields[dash + 1] ?? '', options };
  }
  return best;
}
