import { existsSync } from 'node:fs';
import type { CgroupFacts } from '../../doctor/facts.ts';
import { hasUserBus, ownGroupWord, scopeCommand } from '../../engine/client/rootless/delegated-scope.ts';
import { detectCgroups, startedIn } from '../../runtime/cgroup/cgroup-layout.ts';
import type { Env } from '../context.ts';
import { program, text, writable } from './machine.ts';

/** How control groups are mounted, and which of them this user may use. */
export function readCgroups(uid: number, env: Env): CgroupFacts {
  const mountinfo = text('/proc/self/mountinfo');
  const self = text('/proc/self/cgroup');
  const systemd = existsSync('/run/systemd/system');
  // An ordinary user can't write to any; how they are mounted still matters.
  const layout = detectCgroups(mountinfo, self, uid === 0 ? { writable, read: text } : { read: text });
  return { layout, systemd, ...userGroup({ mountinfo, self, uid, env }) };
}

interface Asked {
  readonly mountinfo: string;
  readonly self: string;
  readonly uid: number;
  readonly env: Env;
}

/**
 * The group that a user's engine will have: the one that is configured, one that the user's systemd provides, or one
 * above this process's.
 */
function userGroup({
  mountinfo,
  self,
  uid,
  env,
}: Asked): Pick<CgroupFacts, 'delegated' | 'named' | 'unasked'> {
  const named = env.TCOMPOSE_CGROUP || undefined;
  const path = named === ownGroupWord ? startedIn(self) : named;
  const given = path === undefined ? {} : { given: { path, made: false } };
  const found = detectCgroups(mountinfo, self, { writable, read: text, ...given });
  const own = found.kind === 'v2' ? { path: found.base || '/', controllers: found.controllers } : undefined;
  if (named !== undefined) return { delegated: own, named };
  const layout = detectCgroups(mountinfo, self);
  if (layout.kind !== 'v2') return { delegated: own };
  const manager = `/user.slice/user-${uid}.slice/user@${uid}.service`;
  const directory = `${layout.mountPoint}${manager}`;
  if (!writable(directory)) return { delegated: own };
  const session = {
    env,
    mountinfo,
    exists: existsSync,
    program: (name: string) => program(name, env.PATH),
  };
  const controllers = text(`${directory}/cgroup.controllers`).split(/\s+/).filter(Boolean);
  if (scopeCommand(session, '').length > 0) return { delegated: { path: manager, controllers } };
  if (own !== undefined) return { delegated: own };
  return { delegated: undefined, unasked: hasUserBus(env, existsSync) ? 'systemd-run' : 'bus' };
}
