import { homedir } from 'node:os';
import { resolve } from 'node:path';
import type { ContainerCreateRequest } from '../../engine/api/container.ts';
import type { HealthcheckConfig } from '../../engine/api/container-config.ts';
import type { HostConfig, RestartPolicy } from '../../engine/api/host-config.ts';
import { TcomposeError } from '../../errors.ts';
import { flag, type ParsedArgs } from '../command.ts';
import { goDuration } from '../logs/time-values.ts';
import { parseSize } from '../sizes.ts';
import { parseMount, parseVolume } from './mount-flag.ts';
import { parsePublish } from './publish.ts';

/** What the request is made from beside the command line. */
export interface RequestSurroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Text of an --env-file or --label-file. */
  readonly readFile: (path: string) => string;
  /** The terminal's [rows, columns], for --tty. */
  readonly consoleSize?: readonly [number, number];
}

const usage = (message: string, hint?: string) =>
  new TcomposeError('CLI_USAGE', message, hint === undefined ? {} : { hint });

/**
 * `container run|create` flags as a create request. Positional arguments are the image and the command. Pure but for
 * `readFile`. Only what was asked for is in the request, so that the image's settings hold for the rest.
 * @throws TcomposeError CLI_USAGE
 */
export function createRequest(
  args: ParsedArgs,
  attached: boolean,
  around: RequestSurroundings,
): ContainerCreateRequest {
  const [image = '', ...command] = args.positional;
  const stdin = flag.bool(args, 'interactive');
  const tty = flag.bool(args, 'tty');
  const streams = flag.list(args, 'attach').map((name) => name.toLowerCase());
  const wants = (name: string) => attached && (streams.length === 0 || streams.includes(name));
  const entrypoint = flag.str(args, 'entrypoint');
  const { exposed } = parsePublish(flag.list(args, 'publish'), flag.list(args, 'expose'));
  const anonymous = flag
    .list(args, 'volume')
    .flatMap((spec) => parseVolume(spec, absolutePath(around)).anonymous ?? []);
  const env = environment(args, around);
  const labels = {
    ...Object.assign(
      {},
      ...flag.list(args, 'label-file').map((file) => keyValues(lines(around.readFile(file)))),
    ),
    ...keyValues(flag.list(args, 'label')),
  };
  const health = healthcheck(args);
  return {
    Image: image,
    ...(command.length === 0 ? {} : { Cmd: command }),
    ...(entrypoint === undefined ? {} : { Entrypoint: entrypoint === '' ? [''] : [entrypoint] }),
    ...strings(args, {
      Hostname: 'hostname',
      Domainname: 'domainname',
      User: 'user',
      WorkingDir: 'workdir',
      StopSignal: 'stop-signal',
      MacAddress: 'mac-address',
    }),
    Tty: tty,
    OpenStdin: stdin,
    StdinOnce: stdin && attached,
    AttachStdin: stdin && wants('stdin'),
    AttachStdout: wants('stdout'),
    AttachStderr: wants('stderr'),
    ...(env.length === 0 ? {} : { Env: env }),
    ...(Object.keys(labels).length === 0 ? {} : { Labels: labels }),
    ...(Object.keys(exposed).length === 0 ? {} : { ExposedPorts: exposed }),
    ...(anonymous.length === 0 ? {} : { Volumes: Object.fromEntries(anonymous.map((path) => [path, {}])) }),
    ...(health === undefined ? {} : { Healthcheck: health }),
    ...numbers(args, { StopTimeout: 'stop-timeout' }),
    HostConfig: hostConfig(args, around),
    ...networking(args),
  };
}

function hostConfig(args: ParsedArgs, around: RequestSurroundings): HostConfig {
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
    ...lists(args, {
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
    ...strings(args, {
      NetworkMode: 'network',
      PidMode: 'pid',
      IpcMode: 'ipc',
      UTSMode: 'uts',
      UsernsMode: 'userns',
      CgroupnsMode: 'cgroupns',
      CpusetCpus: 'cpuset-cpus',
      Runtime: 'runtime',
    }),
    ...numbers(args, { CpuShares: 'cpu-shares', OomScoreAdj: 'oom-score-adj', PidsLimit: 'pids-limit' }),
    ...sizes(args, { Memory: 'memory', MemoryReservation: 'memory-reservation', ShmSize: 'shm-size' }),
    ...booleans(args, {
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

function networking(args: ParsedArgs): Pick<ContainerCreateRequest, 'NetworkingConfig'> {
  const aliases = flag.list(args, 'network-alias');
  const ipam = strings(args, { IPv4Address: 'ip', IPv6Address: 'ip6' });
  if (aliases.length === 0 && Object.keys(ipam).length === 0) return {};
  const network = flag.str(args, 'network');
  if (network === undefined) throw usage('--network-alias, --ip and --ip6 need a --network');
  const endpoint = {
    ...(aliases.length === 0 ? {} : { Aliases: aliases }),
    ...(Object.keys(ipam).length === 0 ? {} : { IPAMConfig: ipam }),
  };
  return { NetworkingConfig: { EndpointsConfig: { [network]: endpoint } } };
}

function environment(args: ParsedArgs, around: RequestSurroundings): string[] {
  const given = [
    ...flag.list(args, 'env-file').flatMap((file) => lines(around.readFile(file))),
    ...flag.list(args, 'env'),
  ];
  // A name alone takes its value from this process; a name that has none is left out.
  return given.flatMap((entry) => {
    if (entry.includes('=')) return [entry];
    const value = around.env[entry];
    return value === undefined ? [] : [`${entry}=${value}`];
  });
}

function healthcheck(args: ParsedArgs): HealthcheckConfig | undefined {
  if (flag.bool(args, 'no-healthcheck')) return { Test: ['NONE'] };
  const command = flag.str(args, 'health-cmd');
  const times = Object.fromEntries(
    Object.entries({
      Interval: 'health-interval',
      Timeout: 'health-timeout',
      StartPeriod: 'health-start-period',
      StartInterval: 'health-start-interval',
    }).flatMap(([key, name]) => {
      const value = flag.str(args, name);
      return value === undefined ? [] : [[key, nanoseconds(value, `--${name}`)]];
    }),
  );
  const retries = numbers(args, { Retries: 'health-retries' });
  if (command === undefined && Object.keys(times).length + Object.keys(retries).length === 0)
    return undefined;
  return { ...(command === undefined ? {} : { Test: ['CMD-SHELL', command] }), ...times, ...retries };
}

function nanoseconds(text: string, name: string): number {
  const seconds = goDuration(text);
  if (seconds === undefined)
    throw usage(`${name} takes a duration; got "${text}"`, 'Examples: 30s, 1m30s, 500ms.');
  return Math.round(seconds * 1e9);
}

function restartPolicy(text: string): RestartPolicy {
  const [name = '', count] = text.split(':');
  const known = ['no', 'always', 'unless-stopped', 'on-failure'] as const;
  const Name = known.find((one) => one === name);
  if (Name === undefined || (count !== undefined && (Name !== 'on-failure' || !/^\d+$/.test(count))))
    throw usage(`--restart takes no, always, unless-stopped or on-failure[:N]; got "${text}"`);
  return { Name, ...(count === undefined ? {} : { MaximumRetryCount: Number(count) }) };
}

function ulimit(text: string): { Name: string; Soft: number; Hard: number } {
  const match = /^([a-z]+)=(-?\d+|unlimited)(?::(-?\d+|unlimited))?$/.exec(text);
  if (match === null) throw usage(`--ulimit takes NAME=SOFT[:HARD]; got "${text}"`);
  const value = (number: string) => (number === 'unlimited' ? -1 : Number(number));
  return { Name: match[1]!, Soft: value(match[2]!), Hard: value(match[3] ?? match[2]!) };
}

function device(text: string): { PathOnHost: string; PathInContainer: string; CgroupPermissions: string } {
  const [host = '', second, third] = text.split(':');
  const isMode = (word: string | undefined) => word !== undefined && /^[rwm]{1,3}$/.test(word);
  return {
    PathOnHost: host,
    PathInContainer: second === undefined || isMode(second) ? host : second,
    CgroupPermissions: third ?? (isMode(second) ? second! : 'rwm'),
  };
}

/** `K=V` entries; `K` alone has an empty value. */
export function keyValues(entries: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    entries.map((entry) => {
      const equals = entry.indexOf('=');
      return equals < 0 ? [entry, ''] : [entry.slice(0, equals), entry.slice(equals + 1)];
    }),
  );
}

/** Lines that are neither empty nor comments. */
function lines(text: string): string[] {
  return text.split(/\r?\n/).filter((line) => line.trim() !== '' && !line.trimStart().startsWith('#'));
}

const absolutePath =
  (around: RequestSurroundings) =>
  (path: string): string =>
    resolve(
      around.cwd,
      path === '~' || path.startsWith('~/') ? (around.env.HOME ?? homedir()) + path.slice(1) : path,
    );

type Names = Readonly<Record<string, string>>;

/** The flags that were given, under the request's names. */
function pick<T>(names: Names, read: (name: string) => T | undefined): Record<string, T> {
  const found: Record<string, T> = {};
  for (const [key, name] of Object.entries(names)) {
    const value = read(name);
    if (value !== undefined) found[key] = value;
  }
  return found;
}
const strings = (args: ParsedArgs, names: Names) => pick(names, (name) => flag.str(args, name));
const numbers = (args: ParsedArgs, names: Names) => pick(names, (name) => flag.num(args, name));
const booleans = (args: ParsedArgs, names: Names) =>
  pick(names, (name) => (args.flags[name] === undefined ? undefined : flag.bool(args, name)));
const lists = (args: ParsedArgs, names: Names) =>
  pick(names, (name) => (flag.list(args, name).length === 0 ? undefined : flag.list(args, name)));
const sizes = (args: ParsedArgs, names: Names) =>
  pick(names, (name) => {
    const value = flag.str(args, name);
    return value === undefined ? undefined : parseSize(value, `--${name}`);
  });
