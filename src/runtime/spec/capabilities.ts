import { TcomposeError } from '../../errors.ts';
import { nearest } from '../../nearest.ts';

/** Capabilities by number, include/uapi/linux/capability.h. */
export const capabilityNames = [
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_DAC_READ_SEARCH',
  'CAP_FOWNER',
  'CAP_FSETID',
  'CAP_KILL',
  'CAP_SETGID',
  'CAP_SETUID',
  'CAP_SETPCAP',
  'CAP_LINUX_IMMUTABLE',
  'CAP_NET_BIND_SERVICE',
  'CAP_NET_BROADCAST',
  'CAP_NET_ADMIN',
  'CAP_NET_RAW',
  'CAP_IPC_LOCK',
  'CAP_IPC_OWNER',
  'CAP_SYS_MODULE',
  'CAP_SYS_RAWIO',
  'CAP_SYS_CHROOT',
  'CAP_SYS_PTRACE',
  'CAP_SYS_PACCT',
  'CAP_SYS_ADMIN',
  'CAP_SYS_BOOT',
  'CAP_SYS_NICE',
  'CAP_SYS_RESOURCE',
  'CAP_SYS_TIME',
  'CAP_SYS_TTY_CONFIG',
  'CAP_MKNOD',
  'CAP_LEASE',
  'CAP_AUDIT_WRITE',
  'CAP_AUDIT_CONTROL',
  'CAP_SETFCAP',
  'CAP_MAC_OVERRIDE',
  'CAP_MAC_ADMIN',
  'CAP_SYSLOG',
  'CAP_WAKE_ALARM',
  'CAP_BLOCK_SUSPEND',
  'CAP_AUDIT_READ',
  'CAP_PERFMON',
  'CAP_BPF',
  'CAP_CHECKPOINT_RESTORE',
] as const;

/** The default capabilities of a container: Docker's fourteen. */
export const defaultCapabilities: readonly string[] = [
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_FSETID',
  'CAP_FOWNER',
  'CAP_MKNOD',
  'CAP_NET_RAW',
  'CAP_SETGID',
  'CAP_SETUID',
  'CAP_SETFCAP',
  'CAP_SETPCAP',
  'CAP_NET_BIND_SERVICE',
  'CAP_SYS_CHROOT',
  'CAP_KILL',
  'CAP_AUDIT_WRITE',
];

/** Every capability of a kernel whose /proc/sys/kernel/cap_last_cap is `last`. */
export function allCapabilities(last: number): string[] {
  return capabilityNames.slice(0, last + 1);
}

/** `net_admin`, `CAP_NET_ADMIN` → `CAP_NET_ADMIN`; `ALL` stays. Throws RUNTIME_CAPABILITY with the nearest name. */
function normalizeCapability(word: string, what = 'capability'): string {
  const upper = word.trim().toUpperCase();
  if (upper === 'ALL' || upper === 'CAP_ALL') return 'ALL';
  const name = upper.startsWith('CAP_') ? upper : `CAP_${upper}`;
  if ((capabilityNames as readonly string[]).includes(name)) return name;
  const near = nearest(name, capabilityNames);
  throw new TcomposeError('RUNTIME_CAPABILITY', `invalid ${what}: unknown capability: "${name}"`, {
    hint:
      near === undefined
        ? 'Use a name of capabilities(7), with or without CAP_, or ALL.'
        : `Did you mean ${near.slice(4)}?`,
  });
}

interface CapabilityRequest {
  readonly add: readonly string[];
  readonly drop: readonly string[];
  readonly privileged: boolean;
  /** /proc/sys/kernel/cap_last_cap. */
  readonly last: number;
}

/**
 * Docker's rule: privileged has all; `ALL` in add means all without the drops; `ALL` in drop leaves only the adds;
 * otherwise the defaults without the drops, plus the adds. Sorted by number.
 */
export function resolveCapabilities(request: CapabilityRequest): string[] {
  const add = request.add.map((word) => normalizeCapability(word, 'CapAdd'));
  const drop = request.drop.map((word) => normalizeCapability(word, 'CapDrop'));
  const all = allCapabilities(request.last);
  if (request.privileged) return all;
  let chosen: Set<string>;
  if (add.includes('ALL')) chosen = without(all, drop.includes('ALL') ? [] : drop);
  else if (drop.includes('ALL')) chosen = new Set(add);
  else chosen = new Set([...without(defaultCapabilities, drop), ...add]);
  return all.filter((name) => chosen.has(name));
}

function without(names: readonly string[], dropped: readonly string[]): Set<string> {
  return new Set(names.filter((name) => !dropped.includes(name)));
}

/** Bit mask (bit n = capability n) for names in the OCI spec's form; names that this kernel lacks are skipped. */
export function capabilityMask(names: readonly string[] | undefined, last: number): bigint {
  let mask = 0n;
  for (const name of names ?? []) {
    const number = (capabilityNames as readonly string[]).indexOf(normalizeCapability(name));
    if (number >= 0 && number <= last) mask |= 1n << BigInt(number);
  }
  return mask;
}
