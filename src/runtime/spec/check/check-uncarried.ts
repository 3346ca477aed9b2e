import { seccompFlags } from '../../launch/plan-process-options.ts';
import type { OciResources, OciSpec } from '../oci-types.ts';
import { oneOf, refuse } from './refuse.ts';

const rootPropagations = [
  'private',
  'rprivate',
  'shared',
  'rshared',
  'slave',
  'rslave',
  'unbindable',
  'runbindable',
];

/** Fields of the runtime-spec that are not supported, or only for some values: ignoring them would be a broken promise. */
export function checkUncarried({ linux, process }: OciSpec): void {
  if (process.selinuxLabel)
    throw refuse('process.selinuxLabel', 'is set, and no SELinux labels are set here', 'Leave it empty.');
  if (linux.mountLabel)
    throw refuse('linux.mountLabel', 'is set, and no SELinux labels are set here', 'Leave it empty.');
  if (process.apparmorProfile && process.apparmorProfile !== 'unconfined')
    throw refuse(
      'process.apparmorProfile',
      `is ${process.apparmorProfile}, and AppArmor profiles are not set here`,
    );
  if (linux.intelRdt !== undefined)
    throw refuse('linux.intelRdt', 'is set, and resctrl groups are not driven here');
  if (linux.memoryPolicy !== undefined)
    throw refuse('linux.memoryPolicy', 'is set, and NUMA policies are not set here');
  if (Object.keys(linux.netDevices ?? {}).length > 0)
    throw refuse(
      'linux.netDevices',
      'is set, and devices of the machine are not moved here',
      'Move them before the start, into a network namespace given by path.',
    );
  if (linux.resources !== undefined) checkResources(linux.resources);
  const { seccomp } = linux;
  for (const flag of seccomp?.flags ?? []) oneOf('linux.seccomp.flags', flag, Object.keys(seccompFlags));
  if (seccomp !== undefined && 'listenerPath' in seccomp && seccomp.listenerPath)
    throw refuse('linux.seccomp.listenerPath', 'is set, and this runtime has no listener for system calls');
  for (const { path, type } of linux.devices ?? [])
    oneOf(`linux.devices: type of ${path}`, type, ['c', 'b', 'u', 'p']);
  if (linux.rootfsPropagation) oneOf('linux.rootfsPropagation', linux.rootfsPropagation, rootPropagations);
}

/** Limits of the runtime-spec that OciResources does not have; an empty list requests nothing. */
const otherResources: readonly (readonly [part: string, name: string | undefined, why: string])[] = [
  ['hugepageLimits', undefined, 'limits of huge pages'],
  ['rdma', undefined, 'limits of RDMA'],
  ['network', 'classID', 'classes of packets'],
  ['network', 'priorities', 'priorities of packets'],
  ['blockIO', 'leafWeight', 'weights of leaves'],
  ['cpu', 'idle', 'idle groups'],
  ['cpu', 'burst', 'bursts of CPU time'],
];

/** Throws for unsupported limits, and device rules of an unknown kind. */
export function checkResources(resources: OciResources): void {
  const parts = resources as Readonly<Record<string, unknown>>;
  for (const [part, name, what] of otherResources) {
    const value = parts[part];
    const asked =
      name === undefined ? value : (value as Readonly<Record<string, unknown>> | undefined)?.[name];
    if (asked === undefined || asked === 0 || isEmpty(asked)) continue;
    const field = `linux.resources.${part}${name === undefined ? '' : `.${name}`}`;
    throw refuse(field, `is set, and ${what} are not set here`);
  }
  for (const { type } of resources.devices ?? [])
    if (type !== undefined) oneOf('linux.resources.devices.type', type, ['a', 'b', 'c']);
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}
