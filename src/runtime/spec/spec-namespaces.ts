import { TcomposeError } from '../../errors.ts';
import { keptId } from './keep-id.ts';
import type { OciLinux, OciNamespaceType } from './oci-types.ts';
import type { SpecInput } from './spec-input.ts';

type Namespace = OciLinux['namespaces'][number];

/**
 * Namespaces of a container. `container:<name>` joins the namespace of the pid in `joined`; `host` omits one. Docker's
 * default cgroup namespace is private on cgroup v2 and the host's on v1. Throws RUNTIME_NAMESPACE.
 */
export function namespaces(input: SpecInput): Namespace[] {
  const { hostConfig, joined } = input;
  return [
    { type: 'mount' },
    ...mode('pid', 'pid', hostConfig.PidMode, [''], joined.pid),
    ...mode('network', 'network', networkWord(hostConfig.NetworkMode), ['private'], joined.network),
    ...mode('ipc', 'ipc', hostConfig.IpcMode, ['', 'private', 'shareable', 'none'], joined.ipc),
    ...mode('uts', 'uts', hostConfig.UTSMode, [''], undefined),
    ...mode('cgroup', 'cgroup namespace', cgroupMode(input), ['private'], undefined),
    ...userNamespace(input),
  ];
}

/** Whether the container has its own namespace of this type (not the host's, not another container's). */
export function ownsNamespace(list: readonly Namespace[], type: OciNamespaceType): boolean {
  return list.some((namespace) => namespace.type === type && namespace.path === undefined);
}

/** As dockerd writes them. */
const nameOfKind: Partial<Record<OciNamespaceType, string>> = { pid: 'PID', ipc: 'IPC', uts: 'UTS' };

function networkWord(word: string | undefined): string {
  return word === 'host' || word?.startsWith('container:') === true ? word : 'private';
}

function cgroupMode({ hostConfig, machine }: SpecInput): string {
  return hostConfig.CgroupnsMode || (machine.cgroups.kind === 'v2' ? 'private' : 'host');
}

function mode(
  type: OciNamespaceType,
  what: string,
  given: string | undefined,
  own: readonly string[],
  pid: number | undefined,
): Namespace[] {
  const word = given ?? '';
  if (word === 'host') return [];
  if (own.includes(word)) return [{ type }];
  if (word.startsWith('container:')) {
    if (pid !== undefined) return [{ type, path: `/proc/${pid}/ns/${procName(type)}` }];
    throw new TcomposeError(
      'RUNTIME_NAMESPACE',
      `cannot join the ${what} namespace of container ${word.slice('container:'.length)}: it is not running`,
      { hint: 'Start that container first.' },
    );
  }
  throw new TcomposeError('RUNTIME_NAMESPACE', `invalid ${nameOfKind[type] ?? what} mode: ${word}`, {
    hint: `Use ${[...own.filter((name) => name !== ''), 'host'].join(', ')} or container:<name>.`,
  });
}

/**
 * A user namespace in which the engine's user keeps the same ids. It does not own namespaces that are shared with other
 * containers, so that the kernel's file systems could not be mounted for those; the machine's are shown as they are.
 */
function userNamespace({ hostConfig, machine }: SpecInput): Namespace[] {
  const { NetworkMode, PidMode, IpcMode, UsernsMode } = hostConfig;
  if (keptId(UsernsMode, machine) === undefined) return [];
  const joined = Object.entries({ network: NetworkMode, pid: PidMode, ipc: IpcMode }).find(([, word]) =>
    word?.startsWith('container:'),
  );
  if (joined === undefined) return [{ type: 'user' }];
  throw new TcomposeError(
    'RUNTIME_NAMESPACE',
    `user namespace mode ${UsernsMode} cannot be had with the ${joined[0]} namespace of another container`,
    { hint: 'Leave out one of the two.' },
  );
}

/** Name under /proc/<pid>/ns. */
function procName(type: OciNamespaceType): string {
  if (type === 'network') return 'net';
  return type === 'mount' ? 'mnt' : type;
}
