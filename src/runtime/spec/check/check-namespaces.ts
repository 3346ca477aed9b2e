import type { OciNamespaceType, OciSpec } from '../oci-types.ts';
import { checkSysctl } from '../sysctls.ts';
import { checkIdMappings } from './check-mounts.ts';
import { oneOf, refuse } from './refuse.ts';

const types: readonly OciNamespaceType[] = [
  'mount',
  'pid',
  'network',
  'ipc',
  'uts',
  'cgroup',
  'user',
  'time',
];

/**
 * Each namespace may be named once, and each setting must belong to a named one. A path to the runtime's own namespace
 * must have been removed before (it is the machine's).
 */
export function checkNamespaces(spec: OciSpec): void {
  const { namespaces } = spec.linux;
  const named = new Set<OciNamespaceType>();
  for (const { type, path } of namespaces) {
    oneOf('linux.namespaces.type', type, types);
    if (named.has(type)) throw refuse('linux.namespaces', `names the ${type} namespace twice`);
    if (path !== undefined && path !== '' && !path.startsWith('/'))
      throw refuse(`the path ${path} of the ${type} namespace`, 'is not absolute');
    named.add(type);
  }
  if (!named.has('mount')) {
    throw refuse(
      'linux.namespaces',
      "has no mount namespace: the container's file systems would be mounted in the machine's",
      'Add {"type": "mount"}.',
      'RUNTIME_NAMESPACE',
    );
  }
  checkUts(spec, named);
  const owned = { network: named.has('network'), ipc: named.has('ipc'), uts: named.has('uts') };
  for (const key of Object.keys(spec.linux.sysctl ?? {})) checkSysctl(key, owned);
  if (Object.keys(spec.linux.netDevices ?? {}).length > 0 && !owned.network)
    throw foreign('linux.netDevices', 'network');
  if (Object.keys(spec.linux.timeOffsets ?? {}).length > 0 && !named.has('time'))
    throw foreign('linux.timeOffsets', 'time');
  checkUser(spec, named);
}

function checkUts(spec: OciSpec, named: ReadonlySet<OciNamespaceType>): void {
  if (named.has('uts')) return;
  if (spec.hostname) throw foreign('hostname', 'uts');
  if (spec.domainname) throw foreign('domainname', 'uts');
}

function checkUser({ linux }: OciSpec, named: ReadonlySet<OciNamespaceType>): void {
  const { uidMappings = [], gidMappings = [] } = linux;
  checkIdMappings('linux.uidMappings', uidMappings);
  checkIdMappings('linux.gidMappings', gidMappings);
  if (!named.has('user')) {
    if (uidMappings.length > 0) throw foreign('linux.uidMappings', 'user');
    if (gidMappings.length > 0) throw foreign('linux.gidMappings', 'user');
    return;
  }
  const joined = linux.namespaces.some(({ type, path }) => type === 'user' && path);
  if (!joined && (uidMappings.length === 0 || gidMappings.length === 0)) {
    throw refuse(
      'linux.namespaces',
      'asks for a user namespace, and linux.uidMappings or linux.gidMappings does not map any ids',
      undefined,
      'RUNTIME_NAMESPACE',
    );
  }
}

function foreign(field: string, type: OciNamespaceType) {
  return refuse(
    field,
    `is a setting of the ${type} namespace, but this container has none of its own: the machine's would change`,
    `Add {"type": "${type}"} to linux.namespaces, or leave ${field} out.`,
    'RUNTIME_NAMESPACE',
  );
}
