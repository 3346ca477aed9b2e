import { statSync } from 'node:fs';
import type { OciLinux, OciNamespaceType } from '../../../runtime/spec/oci-types.ts';

type Namespace = OciLinux['namespaces'][number];

const procNames: Readonly<Record<OciNamespaceType, string>> = {
  mount: 'mnt',
  pid: 'pid',
  network: 'net',
  ipc: 'ipc',
  uts: 'uts',
  cgroup: 'cgroup',
  user: 'user',
  time: 'time',
};

/**
 * The namespaces without those whose path leads to the one this process is in: they are the machine's, whatever path says so, and
 * nothing may be set in them. A path that can't be looked at stays; joining it says why.
 */
export function withoutOwnNamespaces(namespaces: readonly Namespace[]): readonly Namespace[] {
  return namespaces.filter(({ type, path }) => !path || !isOwn(type, path));
}

function isOwn(type: OciNamespaceType, path: string): boolean {
  const name = procNames[type];
  if (name === undefined) return false;
  try {
    const own = statSync(`/proc/self/ns/${name}`);
    const given = statSync(path);
    return own.ino === given.ino && own.dev === given.dev;
  } catch {
    return false;
  }
}
