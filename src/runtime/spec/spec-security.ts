import { TcomposeError } from '../../errors.ts';
import { parseProfile, resolveDefaultProfile, resolveProfile } from '../seccomp/resolve-profile.ts';
import type { OciSeccomp } from './oci-types.ts';
import type { SpecInput } from './spec-input.ts';

/** Hidden from unprivileged containers: kernel memory, keys, hardware, and timing of other processes. */
export const defaultMaskedPaths: readonly string[] = [
  '/proc/acpi',
  '/proc/asound',
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/sys/devices/virtual/powercap',
  '/sys/firmware',
];

/** Read-only paths. */
export const defaultReadonlyPaths: readonly string[] = [
  '/proc/bus',
  '/proc/fs',
  '/proc/irq',
  '/proc/sys',
  '/proc/sysrq-trigger',
];

/** HostConfig.SecurityOpt after parsing. */
interface SecurityOptions {
  readonly noNewPrivileges: boolean;
  /** `unconfined`, `builtin`, inline JSON, a path; undefined: not given. */
  readonly seccomp: string | undefined;
  readonly systemPathsUnconfined: boolean;
  readonly writableCgroups: boolean;
  /** Options that this machine's security modules would have to implement. */
  readonly ignored: readonly string[];
}

/** Parses `name`, `name=value` and `name:value`. Throws RUNTIME_SECURITY_OPT for an unknown one. */
export function parseSecurityOptions(options: readonly string[]): SecurityOptions {
  let noNewPrivileges = false;
  let seccomp: string | undefined;
  let systemPathsUnconfined = false;
  let writableCgroups = false;
  const ignored: string[] = [];
  for (const option of options) {
    const at = option.search(/[=:]/);
    const name = at < 0 ? option : option.slice(0, at);
    const value = at < 0 ? undefined : option.slice(at + 1);
    if (name === 'no-new-privileges') noNewPrivileges = truth(option, value ?? 'true');
    else if (name === 'writable-cgroups') writableCgroups = truth(option, value ?? 'true');
    else if (name === 'seccomp' && value !== undefined && value !== '') seccomp = value;
    else if (name === 'systempaths' && value === 'unconfined') systemPathsUnconfined = true;
    else if ((name === 'apparmor' || name === 'label') && value !== undefined) ignored.push(option);
    else {
      throw new TcomposeError('RUNTIME_SECURITY_OPT', `invalid security option "${option}"`, {
        hint: 'Options are no-new-privileges, seccomp=<file|unconfined|builtin>, systempaths=unconfined, writable-cgroups, apparmor=… and label=….',
      });
    }
  }
  return { noNewPrivileges, seccomp, systemPathsUnconfined, writableCgroups, ignored };
}

function truth(option: string, value: string): boolean {
  if (/^(1|t|true)$/i.test(value)) return true;
  if (/^(0|f|false)$/i.test(value)) return false;
  throw new TcomposeError(
    'RUNTIME_SECURITY_OPT',
    `invalid security option "${option}": "${value}" is neither true nor false`,
  );
}

/** `linux.seccomp`, undefined for an unconfined container. Throws RUNTIME_SECCOMP. */
export function seccompOf(
  input: SpecInput,
  security: SecurityOptions,
  capabilities: readonly string[],
): OciSeccomp | undefined {
  const word = security.seccomp ?? (input.hostConfig.Privileged === true ? 'unconfined' : 'builtin');
  if (word === 'unconfined') return undefined;
  const context = {
    machine: input.machine.architecture,
    capabilities,
    ...(input.machine.kernel === undefined ? {} : { kernel: input.machine.kernel }),
  };
  if (word === 'builtin' || word === 'default') return resolveDefaultProfile(context);
  if (word.trimStart().startsWith('{')) return resolveProfile(parseProfile(word, 'of the request'), context);
  if (input.readProfile === undefined) {
    throw new TcomposeError('RUNTIME_SECCOMP', `seccomp profile ${word} must be sent as its contents`, {
      hint: 'The client reads the file and sends seccomp=<JSON>.',
    });
  }
  return resolveProfile(parseProfile(input.readProfile(word), word), context);
}

/** Hidden paths of /proc and /sys; none for a privileged container. */
export function maskedPaths(input: SpecInput, security: SecurityOptions): readonly string[] {
  if (input.hostConfig.Privileged === true || security.systemPathsUnconfined) return [];
  return input.hostConfig.MaskedPaths ?? [...defaultMaskedPaths, ...(input.machine.extraMaskedPaths ?? [])];
}

/** Read-only paths of /proc; none for a privileged container. */
export function readonlyPaths(input: SpecInput, security: SecurityOptions): readonly string[] {
  if (input.hostConfig.Privileged === true || security.systemPathsUnconfined) return [];
  return input.hostConfig.ReadonlyPaths ?? defaultReadonlyPaths;
}
