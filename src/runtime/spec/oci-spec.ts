import { posix } from 'node:path';
import { TcomposeError } from '../../errors.ts';
import type { SwapLine } from '../../id-swap.ts';
import { allCapabilities, resolveCapabilities } from './capabilities.ts';
import { deviceRules } from './device-rules.ts';
import { keptId } from './keep-id.ts';
import type { OciCapabilities, OciIdMapping, OciSpec } from './oci-types.ts';
import { homeFromAccounts, keepGroups, type SpecInput } from './spec-input.ts';
import { defaultShmSize, mounts } from './spec-mounts.ts';
import { namespaces, ownsNamespace } from './spec-namespaces.ts';
import { commandLine, environment, workingDirectory } from './spec-process.ts';
import { resources } from './spec-resources.ts';
import { maskedPaths, parseSecurityOptions, readonlyPaths, seccompOf } from './spec-security.ts';
import { sysctls } from './sysctls.ts';
import { resourceLimits } from './ulimits.ts';
import { keepGroupsWord } from './users.ts';

/**
 * The OCI config.json of a container with Docker Engine's semantics. Pure. Throws TcomposeError RUNTIME_* for requests
 * that can't be fulfilled (unknown capability, foreign sysctl, …); the engine also calls it at create with placeholder
 * facts to find them early.
 */
export function generateSpec(input: SpecInput): OciSpec {
  const { config, hostConfig, user, machine } = input;
  const security = parseSecurityOptions(hostConfig.SecurityOpt ?? []);
  const capabilities = resolveCapabilities({
    add: hostConfig.CapAdd ?? [],
    drop: hostConfig.CapDrop ?? [],
    privileged: hostConfig.Privileged === true,
    last: machine.lastCapability,
  }).filter((name) => grantable(name, machine));
  const seccomp = seccompOf(input, security, capabilities);
  const spaces = namespaces(input);
  const kept = keptId(hostConfig.UsernsMode, machine);
  const ownsUts = ownsNamespace(spaces, 'uts');
  const hostname = hostName(input, ownsUts);
  const owned = {
    network: ownsNamespace(spaces, 'network'),
    ipc: ownsNamespace(spaces, 'ipc'),
    uts: ownsUts,
  };
  const masked = maskedPaths(input, security);
  const readonly = readonlyPaths(input, security);
  const env = environment(input, hostname);
  if (hostConfig.GroupAdd?.includes(keepGroupsWord) && !machine.userNamespace)
    throw new TcomposeError(
      'RUNTIME_USER',
      `${keepGroupsWord} keeps the groups of the user who owns the engine, and root owns this one`,
      { hint: 'Name the groups, by number where the image does not know them.' },
    );
  const annotations = {
    ...hostConfig.Annotations,
    ...(env.accountHome ? { [homeFromAccounts]: 'true' } : {}),
    ...(hostConfig.GroupAdd?.includes(keepGroupsWord) ? { [keepGroups]: '1' } : {}),
  };
  return {
    ociVersion: '1.2.0',
    ...(ownsUts ? { hostname } : {}),
    ...(ownsUts && config.Domainname ? { domainname: config.Domainname } : {}),
    process: {
      ...(config.Tty === true ? { terminal: true } : {}),
      user: {
        uid: user.uid,
        gid: user.gid,
        umask: 0o022,
        ...(user.groups.length === 0 ? {} : { additionalGids: user.groups }),
      },
      args: commandLine(config),
      env: env.variables,
      cwd: workingDirectory(config),
      capabilities: capabilitySets(capabilities, user.uid),
      rlimits: resourceLimits(hostConfig.Ulimits, machine.hardOpenFiles),
      ...(security.noNewPrivileges ? { noNewPrivileges: true } : {}),
      ...(hostConfig.OomScoreAdj ? { oomScoreAdj: oomScore(hostConfig.OomScoreAdj) } : {}),
    },
    root: { path: 'rootfs', ...(hostConfig.ReadonlyRootfs === true ? { readonly: true } : {}) },
    mounts: mounts(input, { writableCgroups: security.writableCgroups }),
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    linux: {
      namespaces: spaces,
      ...(kept === undefined
        ? {}
        : { uidMappings: idMappings(kept.users), gidMappings: idMappings(kept.groups) }),
      ...(input.devices.length === 0
        ? {}
        : {
            devices: input.devices.map(({ path, type, major, minor, fileMode, uid, gid }) => ({
              path: posix.normalize(path),
              type,
              major,
              minor,
              fileMode,
              uid,
              gid,
            })),
          }),
      cgroupsPath: cgroupPath(input),
      resources: { devices: deviceRules(input), ...resources(input) },
      ...(seccomp === undefined ? {} : { seccomp }),
      sysctl: sysctls(hostConfig.Sysctls ?? {}, owned, machine.groups),
      ...(masked.length === 0 ? {} : { maskedPaths: masked }),
      ...(readonly.length === 0 ? {} : { readonlyPaths: readonly }),
    },
  };
}

/** Settings that are accepted but have no effect on this machine, one sentence each, for the answer of create. */
export function specWarnings(input: SpecInput): string[] {
  const { hostConfig, machine } = input;
  const warnings: string[] = [];
  const security = parseSecurityOptions(hostConfig.SecurityOpt ?? []);
  for (const option of security.ignored) {
    warnings.push(`security option ${option} is ignored: no security module is driven by tcompose`);
  }
  if ((security.noNewPrivileges || security.seccomp !== undefined) && hostConfig.Privileged === true) {
    warnings.push('the container is privileged: its security options protect little');
  }
  const v2 = machine.cgroups.kind === 'v2';
  if (v2 && hostConfig.OomKillDisable === true) {
    warnings.push('oom_kill_disable is ignored: cgroup v2 cannot turn the OOM killer off');
  }
  if (v2 && (hostConfig.MemorySwappiness ?? -1) >= 0) {
    warnings.push('mem_swappiness is ignored: cgroup v2 has no swappiness of a group');
  }
  if (hostConfig.IpcMode === 'shareable' && (hostConfig.ShmSize || defaultShmSize) !== defaultShmSize) {
    warnings.push('shm_size is not enforced with ipc: shareable');
  }
  const asked = resolveCapabilities({
    add: hostConfig.CapAdd ?? [],
    drop: hostConfig.CapDrop ?? [],
    privileged: hostConfig.Privileged === true,
    last: machine.lastCapability,
  });
  const missing = asked.filter((name) => !grantable(name, machine));
  if (missing.length > 0) {
    warnings.push(`capabilities not available on this machine: ${missing.join(', ')}`);
  }
  return warnings;
}

function grantable(name: string, machine: SpecInput['machine']): boolean {
  const number = BigInt(allCapabilities(machine.lastCapability).indexOf(name));
  return machine.boundingSet === undefined || ((machine.boundingSet >> number) & 1n) === 1n;
}

const idMappings = (lines: readonly SwapLine[]): OciIdMapping[] =>
  lines.map(({ inside, outside, count }) => ({ containerID: inside, hostID: outside, size: count }));

function hostName({ config, hostConfig, id, machine }: SpecInput, ownsUts: boolean): string {
  const sharesHost = !ownsUts || hostConfig.NetworkMode === 'host';
  if (!ownsUts && machine.hostname !== undefined) return machine.hostname;
  return config.Hostname || (sharesHost ? machine.hostname : undefined) || id.slice(0, 12);
}

/** A user other than root gets no effective capabilities, as after execve(2). */
function capabilitySets(names: readonly string[], uid: number): OciCapabilities {
  return uid === 0 ? { bounding: names, effective: names, permitted: names } : { bounding: names };
}

function oomScore(value: number): number {
  if (Number.isInteger(value) && value >= -1000 && value <= 1000) return value;
  throw new TcomposeError(
    'RUNTIME_RESOURCES',
    `Invalid value ${value}, range for oom score adj is [-1000, 1000]`,
  );
}

function cgroupPath({ hostConfig, id, instance }: SpecInput): string {
  const parent = hostConfig.CgroupParent ?? '';
  if (parent === '') return `/tcompose-${instance}/${id}`;
  if (parent.split('/').includes('..')) {
    throw new TcomposeError('RUNTIME_RESOURCES', `cgroup parent "${parent}" leads upwards`, {
      hint: 'Name it from the root of the control groups, without "..".',
    });
  }
  return posix.join('/', parent, `tcompose-${instance}-${id}`);
}
