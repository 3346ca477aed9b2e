import { existsSync } from 'node:fs';
import type { CgroupFacts } from '../../doctor/facts.ts';
import { detectCgroups } from '../../runtime/cgroup/cgroup-layout.ts';
import { text, writable } from './machine.ts';

/** How control groups are mounted, and what of them is this user's. */
export function readCgroups(uid: number): CgroupFacts {
  const mountinfo = text('/proc/self/mountinfo');
  const self = text('/proc/self/cgroup');
  const systemd = existsSync('/run/systemd/system');
  // For a user nothing is writable; how things are mounted matters all the same.
  const layout = detectCgroups(mountinfo, self, uid === 0 ? { writable, read: text } : { read: text });
  return { layout, delegated: delegatedGroup(mountinfo, self, uid), systemd };
}

/** The group of this process, or the one of the user's own systemd, where processes may be moved to. */
function delegatedGroup(mountinfo: string, self: string, uid: number): CgroupFacts['delegated'] {
  const mount = / - cgroup2 /.test(mountinfo)
    ? mountinfo
        .split('\n')
        .find((line) => line.includes(' - cgroup2 '))
        ?.split(' ')[4]
    : undefined;
  if (mount === undefined) return undefined;
  const own = /^0::(\/.*)$/m.exec(self)?.[1] ?? '/';
  const manager = `/user.slice/user-${uid}.slice/user@${uid}.service`;
  for (const path of [manager, own]) {
    const directory = `${mount}${path === '/' ? '' : path}`;
    if (!writable(`${directory}/cgroup.procs`) || !writable(directory)) continue;
    return { path, controllers: text(`${directory}/cgroup.controllers`).split(/\s+/).filter(Boolean) };
  }
  return undefined;
}
