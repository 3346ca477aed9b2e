import { constants } from 'node:os';
import { keepGroupsWord } from '../../../runtime/spec/users.ts';
import type { ContainerConfig } from '../../api/container-config.ts';
import type { HostConfig } from '../../api/host-config.ts';
import { badParameter } from '../../http/failure.ts';
import { parseRestartPolicy } from '../../restart-policy.ts';
import { checkValues } from './check-values.ts';

const minimumMemory = 6 * 1024 * 1024;

/**
 * Refuses contradictions in a create request (400) and returns a warning, naming the field, for each field that is
 * accepted but has no effect.
 */
export function checkCreate(config: ContainerConfig, host: HostConfig): string[] {
  const warnings = checkValues(config, host);
  const policy = parseRestartPolicy(host.RestartPolicy);
  if (host.AutoRemove && policy.name !== 'no') {
    throw badParameter("can't create 'AutoRemove' container with restart policy");
  }
  if (config.StopSignal) signalNumber(config.StopSignal);
  if (config.WorkingDir && !config.WorkingDir.startsWith('/')) {
    throw badParameter(
      `the working directory '${config.WorkingDir}' is invalid, it needs to be an absolute path`,
    );
  }
  if (host.Memory && host.Memory < minimumMemory) {
    throw badParameter('Minimum memory limit allowed is 6MB');
  }
  if (host.Memory && host.MemorySwap && host.MemorySwap > 0 && host.MemorySwap < host.Memory) {
    throw badParameter('Minimum memoryswap limit should be larger than memory limit, see usage');
  }
  if (host.NanoCpus && (host.CpuQuota || host.CpuPeriod)) {
    throw badParameter(
      `Conflicting options: Nano CPUs and CPU ${host.CpuPeriod ? 'Period' : 'Quota'} cannot both be set`,
    );
  }
  if (host.Annotations && '' in host.Annotations)
    throw badParameter('invalid Annotations: the empty string is not permitted as an annotation key');
  if (host.UTSMode === 'host' && config.Hostname)
    throw badParameter('conflicting options: hostname and the UTS mode');
  if (host.NetworkMode === 'host') {
    if (host.Links?.length)
      throw badParameter(
        "conflicting options: host type networking can't be used with links. This would result in undefined behavior",
      );
    if (Object.values(host.PortBindings ?? {}).some((list) => list?.length))
      warnings.push('Published ports are discarded when using host network mode');
  }
  if (host.ShmSize && host.ShmSize < 0) throw badParameter('SHM size can not be less than 0');
  checkGroups(host.GroupAdd ?? []);
  const driver = host.LogConfig?.Type;
  if (driver && !['json-file', 'local', 'none', 'default'].includes(driver)) {
    warnings.push(
      `log driver "${driver}" is not supported; the output is kept locally and readable with logs`,
    );
  }
  const unsupported: readonly (readonly [unknown, string])[] = [
    [host.StorageOpt && Object.keys(host.StorageOpt).length > 0, 'StorageOpt'],
    [host.DeviceRequests?.length, 'DeviceRequests (GPUs)'],
    [host.Isolation && host.Isolation !== 'default', 'Isolation'],
    [host.CpuCount || host.CpuPercent, 'CpuCount/CpuPercent'],
    [host.Cgroup, 'Cgroup'],
    [config.NetworkDisabled, 'NetworkDisabled'],
  ];
  for (const [given, name] of unsupported) {
    if (given) warnings.push(`${name} is accepted but has no effect in this engine`);
  }
  return warnings;
}

function checkGroups(groups: readonly string[]): void {
  if (!groups.includes(keepGroupsWord)) return;
  if (groups.length > 1)
    throw badParameter(
      `${keepGroupsWord} cannot be used with other groups: the kernel changes all of them or none`,
      `Leave out ${groups.filter((group) => group !== keepGroupsWord).join(', ')}, or ${keepGroupsWord}.`,
    );
}

/** `SIGTERM`, `term`, `15`, `SIGRTMIN+3` → number. Throws 400 with dockerd's "invalid signal". */
export function signalNumber(text: string): number {
  const number = numberOf(text);
  if (number === undefined) throw badParameter(`invalid signal: ${text}`);
  return number;
}

/** Whether a text names a signal, as `signalNumber` takes it. */
export const isSignal = (text: string): boolean => numberOf(text) !== undefined;

function numberOf(text: string): number | undefined {
  if (/^\d+$/.test(text)) return within(Number(text), 1);
  const name = text.toUpperCase().replace(/^SIG/, '');
  const realTime = /^RTM(IN|AX)(?:([+-])(\d+))?$/.exec(name);
  if (realTime !== null) {
    const base = realTime[1] === 'IN' ? 34 : 64;
    return within(base + (realTime[2] === '-' ? -1 : 1) * Number(realTime[3] ?? 0), 34);
  }
  return (constants.signals as Readonly<Record<string, number>>)[`SIG${name}`];
}

const within = (number: number, first: number): number | undefined =>
  number >= first && number <= 64 ? number : undefined;
