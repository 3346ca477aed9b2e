import type { OciSpec } from '../oci-types.ts';
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

const pending = (spec: OciSpec): readonly (readonly [string, unknown])[] => [
  ['linux.personality', spec.linux.personality],
  ['process.ioPriority', spec.process.ioPriority],
  ['process.scheduler', spec.process.scheduler],
  ['process.execCPUAffinity', spec.process.execCPUAffinity],
  ['a namespace of type time', spec.linux.namespaces.find(({ type }) => type === 'time')],
  ['a mount namespace by path', spec.linux.namespaces.find(({ type, path }) => type === 'mount' && path)],
  ['hooks', Object.values(spec.hooks ?? {}).find((list) => list.length > 0)],
];

/** Fields of the runtime-spec that are not carried out, or only for some values: silence would be a broken promise. */
export function checkUncarried(spec: OciSpec): void {
  const { linux, process } = spec;
  for (const [field, value] of pending(spec))
    if (value !== undefined) throw refuse(field, 'is asked for, and not carried out here');
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
  if (/shared|unbindable/.test(linux.rootfsPropagation ?? ''))
    throw refuse('linux.rootfsPropagation', `is ${linux.rootfsPropagation}, which is not carried out here`);
  if (linux.rootfsPropagation) oneOf('linux.rootfsPropagation', linux.rootfsPropagation, rootPropagations);
}
