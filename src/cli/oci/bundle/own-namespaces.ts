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
 * The namespaces without those whose path refers to the one that this process is in: these are the machine's, by
 * whatever path, and nothing may be changed in them. A path that can't be examined stays; joining it reports why.
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
