import { statSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Place } from '../../doctor/facts.ts';
import { within } from './machine.ts';

/** Longest a file system may take to say how full it is, milliseconds: one whose server is gone never does. */
const patience = 1000;

/** A directory that may not be there yet: then the nearest existing one above it counts. */
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
    if (at === dirname(at) || statSync(at, { throwIfNoEntry: false })?.isDirectory() === true) return at;
  }
}

/** Type and options of what is mounted at a path, by the text of /proc/self/mountinfo (proc_pid_mountinfo(5)). Pure. */
export function mountOf(
  mountinfo: string,
  path: string,
): { readonly type: string; readonly options: readonly string[] } | undefined {
  let best:
    | { readonly point: string; readonly type: string; readonly options: readonly string[] }
    | undefined;
  for (const line of mountinfo.split('\n')) {
    const fields = line.split(' ');
    const dash = fields.indexOf('-');
    const point = fields[4]?.replace(/\\([0-7]{3})/g, (_, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    );
    if (dash < 0 || point === undefined) continue;
    const inside = path === point || point === '/' || path.startsWith(`${point}/`);
    // Of two at one place the later one lies on top.
    if (!inside || (best !== undefined && point.length < best.point.length)) continue;
    const options = [...(fields[5] ?? '').split(','), ...(fields[dash + 3] ?? '').split(',')];
    best = { point, type: fields[dash + 1] ?? '', options };
  }
  return best && { type: best.type, options: best.options };
}
