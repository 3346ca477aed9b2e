import { TcomposeError } from '../../errors.ts';
import type { OciSeccomp, OciSeccompRule } from '../spec/oci-types.ts';
import { goArchitecture, nativeArchitecture } from './architectures.ts';
import { defaultProfile } from './default-profile.ts';
import type { ProfileCondition, SeccompProfile } from './profile-types.ts';

interface ProfileContext {
  readonly machine: 'x64' | 'arm64';
  /** The container's bounding set, `CAP_…`. */
  readonly capabilities: readonly string[];
  /** [major, minor] of the running kernel; absent: every minKernel is satisfied. */
  readonly kernel?: readonly [number, number];
}

const resolvedDefaults = new Map<string, OciSeccomp>();

/** The default profile for a container with these capabilities; the same object for equal arguments. */
export function resolveDefaultProfile(context: ProfileContext): OciSeccomp {
  const key = [context.machine, ...context.capabilities].join(' ');
  let resolved = resolvedDefaults.get(key);
  if (resolved === undefined) {
    resolved = resolveProfile(defaultProfile, context);
    resolvedDefaults.set(key, resolved);
  }
  return resolved;
}

/** Applies `includes`/`excludes` of Docker's profile format: the result is the OCI spec's `linux.seccomp`. */
export function resolveProfile(profile: SeccompProfile, context: ProfileContext): OciSeccomp {
  const syscalls: OciSeccompRule[] = [];
  for (const rule of profile.syscalls ?? []) {
    if (!included(rule.includes, context) || excluded(rule.excludes, context)) continue;
    syscalls.push({
      names: [...(rule.names ?? []), ...(rule.name === undefined || rule.name === '' ? [] : [rule.name])],
      action: rule.action,
      ...(rule.errnoRet === undefined ? {} : { errnoRet: rule.errnoRet }),
      ...(rule.args == null || rule.args.length === 0 ? {} : { args: rule.args }),
    });
  }
  const native = nativeArchitecture(context.machine).name;
  const mapped = profile.archMap?.find(({ architecture }) => architecture === native);
  return {
    defaultAction: profile.defaultAction,
    ...(profile.defaultErrnoRet === undefined ? {} : { defaultErrnoRet: profile.defaultErrnoRet }),
    architectures: profile.architectures ?? [native, ...(mapped?.subArchitectures ?? [])],
    ...(profile.flags === undefined ? {} : { flags: profile.flags }),
    syscalls,
  };
}

function included(condition: ProfileCondition | null | undefined, context: ProfileContext): boolean {
  if (condition == null) return true;
  const arches = condition.arches ?? [];
  return (
    (condition.caps ?? []).every((name) => context.capabilities.includes(name)) &&
    (arches.length === 0 || arches.includes(goArchitecture(context.machine))) &&
    kernelAtLeast(condition.minKernel, context)
  );
}

function excluded(condition: ProfileCondition | null | undefined, context: ProfileContext): boolean {
  if (condition == null) return false;
  return (
    (condition.caps ?? []).some((name) => context.capabilities.includes(name)) ||
    (condition.arches ?? []).includes(goArchitecture(context.machine)) ||
    (condition.minKernel !== undefined &&
      condition.minKernel !== '' &&
      kernelAtLeast(condition.minKernel, context))
  );
}

function kernelAtLeast(minimum: string | undefined, context: ProfileContext): boolean {
  if (minimum === undefined || minimum === '' || context.kernel === undefined) return true;
  const [major = 0, minor = 0] = minimum.split('.').map(Number);
  return context.kernel[0] > major || (context.kernel[0] === major && context.kernel[1] >= minor);
}

/** Parses a profile in Docker's JSON format. `origin` names it in errors. Throws RUNTIME_SECCOMP. */
export function parseProfile(text: string, origin: string): SeccompProfile {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw profileError(origin, `is not JSON: ${(cause as Error).message}`);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw profileError(origin, 'is not a JSON object');
  }
  const profile = parsed as Partial<SeccompProfile>;
  if (typeof profile.defaultAction !== 'string') throw profileError(origin, 'has no defaultAction');
  if (profile.syscalls != null && !Array.isArray(profile.syscalls)) {
    throw profileError(origin, 'has syscalls that are not a list');
  }
  if ((profile.archMap?.length ?? 0) > 0 && (profile.architectures?.length ?? 0) > 0) {
    throw profileError(origin, 'has both archMap and architectures');
  }
  for (const [index, rule] of (profile.syscalls ?? []).entries()) {
    if (rule.name !== undefined && rule.name !== '' && (rule.names?.length ?? 0) > 0) {
      throw profileError(origin, `has both name and names in rule ${index + 1}`);
    }
    for (const arg of rule.args ?? []) {
      if (!Number.isInteger(arg.index) || arg.index < 0 || arg.index > 5) {
        throw profileError(
          origin,
          `names argument ${String(arg.index)} in rule ${index + 1}; a call has 0 to 5`,
        );
      }
    }
  }
  return profile as SeccompProfile;
}

function profileError(origin: string, what: string): TcomposeError {
  return new TcomposeError('RUNTIME_SECCOMP', `seccomp profile ${origin} ${what}`, {
    hint: 'A profile is a JSON object {"defaultAction": …, "syscalls": [{"names": […], "action": …}]}.',
  });
}
