import type { HostConfig } from '../../../engine/api/host-config.ts';
import { flag, type ParsedArgs } from '../../arguments/command.ts';
import { keyValues } from '../../arguments/key-values.ts';
import { parseSize } from '../../arguments/sizes.ts';
import { usage } from '../../arguments/usage-error.ts';
import { device, restartPolicy, ulimit } from './flag-syntax.ts';
import { given } from './given-flags.ts';
import { parseMount, parseVolume } from './mount-flag.ts';
import { parsePublish } from './publish.ts';
import { absolutePath, type RequestSurroundings } from './request-surroundings.ts';

/** The part of the request that concerns the machine. Throws CLI_USAGE. */
export function hostConfig(args: ParsedArgs, around: RequestSurroundings): HostConfig {
  const absolute = absolutePath(around);
  const { bindings } = parsePublish(flag.list(args, 'publish'), []);
  const binds = flag.list(args, 'volume').flatMap((spec) => parseVolume(spec, absolute).bind ?? []);
  const mounts = flag.list(args, 'mount').map((spec) => parseMount(spec, absolute));
  const tmpfs = flag.list(args, 'tmpfs').map((spec): [string, string] => {
    const [path = '', ...options] = spec.split(':');
    return [path, options.join(':')];
  });
  const cpus = flag.str(args, 'cpus');
  if (cpus !== undefined && !(Number(cpus) > 0)) throw usage(`--cpus takes a number of CPUs; got "${cpus}"`);
  const swap = flag.str(args, 'memory-swap');
  const driver = flag.str(args, 'log-driver');
  const logOptions = keyValues(flag.list(args, 'log-opt'));
  const restart = flag.str(args, 'restart');
  const policy = restart === undefined ? undefined : restartPolicy(restart);
  const removes = flag.bool(args, 'rm');
  if (removes && policy !== undefined && policy.Name !== 'no')
    throw usage('--rm and --restart contradict each other');
  return {
    ...(binds.length === 0 ? {} : { Binds: binds }),
    ...(mounts.length === 0 ? {} : { Mounts: mounts }),
    ...(tmpfs.length === 0 ? {} : { Tmpfs: Object.fromEntries(tmpfs) }),
    ...(Object.keys(bindings).length === 0 ? {} : { PortBindings: bindings }),
    ...given.lists(args, {
      CapAdd: 'cap-add',
      CapDrop: 'cap-drop',
      Dns: 'dns',
      DnsOptions: 'dns-option',
      DnsSearch: 'dns-search',
      ExtraHosts: 'add-host',
      GroupAdd: 'group-add',
      SecurityOpt: 'security-opt',
      VolumesFrom: 'volumes-from',
    }),
    ...given.strings(args, {
      NetworkMode: 'network',
      PidMode: 'pid',
      IpcMode: 'ipc',
      UTSMode: 'uts',
      UsernsMode: 'userns',
      CgroupnsMode: 'cgroupns',
      CpusetCpus: 'cpuset-cpus',
      Runtime: 'runtime',
    }),
    ...given.numbers(args, {
      CpuShares: 'cpu-shares',
      OomScoreAdj: 'oom-score-adj',
      PidsLimit: 'pids-limit',
    }),
    ...given.sizes(args, { Memory: 'memory', MemoryReservation: 'memory-reservation', ShmSize: 'shm-size' }),
    ...given.booleans(args, {
      Privileged: 'privileged',
      ReadonlyRootfs: 'read-only',
      Init: 'init',
      PublishAllPorts: 'publish-all',
      OomKillDisable: 'oom-kill-disable',
    }),
    ...(removes ? { AutoRemove: true } : {}),
    ...(swap === undefined ? {} : { MemorySwap: swap === '-1' ? -1 : parseSize(swap, '--memory-swap') }),
    ...(cpus === undefined ? {} : { NanoCpus: Math.round(Number(cpus) * 1e9) }),
    ...(policy === undefined ? {} : { RestartPolicy: policy }),
    ...(flag.list(args, 'sysctl').length === 0 ? {} : { Sysctls: keyValues(flag.list(args, 'sysctl')) }),
    ...(flag.list(args, 'ulimit').length === 0 ? {} : { Ulimits: flag.list(args, 'ulimit').map(ulimit) }),
    ...(flag.list(args, 'device').length === 0 ? {} : { Devices: flag.list(args, 'device').map(device) }),
    ...(driver === undefined && Object.keys(logOptions).length === 0
      ? {}
      : { LogConfig: { Type: driver ?? '', Config: logOptions } }),
    ...(around.consoleSize !== undefined && flag.bool(args, 'tty')
      ? { ConsoleSize: around.consoleSize }
      : {}),
  };
}
