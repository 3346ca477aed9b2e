import type { FieldCodec, Fields } from './field-codec.ts';
import * as f from './field-codec.ts';
import type {
  AffinityPlan,
  CallerPlan,
  HookPlan,
  HooksPlan,
  IdmapPlan,
  NamespaceSource,
  SchedulerPlan,
  TimeNamespacePlan,
} from './launch-options.ts';
import type {
  CapabilitySets,
  ForeignPlan,
  ForeignSource,
  HoldSocketOp,
  HostOp,
  LaunchPlan,
  LogPlan,
  NamespacePlan,
  NetworkOp,
  ProcessPlan,
  ResourceLimit,
  SetupOp,
  StdioPlan,
  UserMaps,
} from './launch-plan.ts';

/**
 * The wire order of the launch plan. native/plan/plan-fields.c holds the same tables in the same order for C; a fuzz test
 * prints random plans by both and compares. Any change here raises planVersion.
 */
const holdSocket: Fields<Omit<HoldSocketOp, 'op'>> = {
  name: f.text,
  family: f.choice<4 | 6>(4, 6),
  protocol: f.choice<'tcp' | 'udp'>('tcp', 'udp'),
  address: f.text,
  port: f.number,
  backlog: f.number,
};

const writeFile = { path: f.text, data: f.text, optional: f.flag };
const create = f.choice<'dir' | 'file' | 'none'>('dir', 'file', 'none');

const hostOp = f.op<HostOp>({
  mkdir: { path: f.text, mode: f.octal, existOk: f.flag },
  write: writeFile,
  'join-cgroup': { path: f.text, optional: f.flag },
  'device-filter': { cgroup: f.text, program: f.program },
  'hold-socket': holdSocket,
  rmdir: { path: f.text },
  unlink: { path: f.text },
  'kill-cgroup': { path: f.text },
  'enter-network': { path: f.text },
});

const networkOp = f.op<NetworkOp>({
  netlink: {
    protocol: f.number,
    from: f.choice<'container' | 'host'>('container', 'host'),
    message: f.bytes,
    netnsFdAt: f.optional(f.number),
    what: f.text,
  },
  write: writeFile,
  'hold-socket': holdSocket,
  'write-host': { path: f.text, data: f.text },
  forward: {
    socket: f.text,
    family: f.choice<4 | 6>(4, 6),
    address: f.text,
    port: f.number,
    keepClient: f.flag,
  },
});

const setupOp = f.op<SetupOp>({
  'rootfs-overlay': {
    lower: f.listOf(f.text),
    upper: f.text,
    work: f.text,
    mountPoint: f.text,
    userxattr: f.flag,
  },
  'rootfs-bind': { source: f.text, mountPoint: f.text },
  mount: { source: f.text, target: f.text, fstype: f.text, flags: f.hex, data: f.text, create },
  bind: {
    source: f.text,
    subpath: f.text,
    target: f.text,
    recursive: f.flag,
    readOnly: f.choice<'no' | 'yes' | 'recursive'>('no', 'yes', 'recursive'),
    nosuid: f.flag,
    nodev: f.flag,
    noexec: f.flag,
    propagation: f.choice<'private' | 'rprivate' | 'shared' | 'rshared' | 'slave' | 'rslave'>(
      'private',
      'rprivate',
      'shared',
      'rshared',
      'slave',
      'rslave',
    ),
    create,
    idmap: f.optional(f.record<IdmapPlan>({ uid: f.text, gid: f.text, recursive: f.flag })),
  },
  mkdir: { target: f.text, mode: f.octal, uid: f.number, gid: f.number },
  symlink: { text: f.text, target: f.text },
  device: {
    target: f.text,
    type: f.choice<'c' | 'b' | 'p'>('c', 'b', 'p'),
    major: f.number,
    minor: f.number,
    mode: f.octal,
    uid: f.number,
    gid: f.number,
  },
  'write-file': { target: f.text, data: f.text, mode: f.octal },
  sysctl: { key: f.text, value: f.text },
  hostname: { name: f.text },
  domainname: { name: f.text },
  console: {},
  pivot: {},
  'readonly-root': {},
  mask: { target: f.text },
  'readonly-path': { target: f.text },
  hooks: {},
  attributes: { target: f.text, recursive: f.flag, set: f.hex, clear: f.hex, propagation: f.hex },
  'tmpfs-copy': { target: f.text, flags: f.hex, data: f.text },
  'move-root': {},
});

/** u8 0 host, 1 new, 2 and a path. */
const namespaceSource: FieldCodec<NamespaceSource> = {
  write: (out, value) => {
    out.u8(value === 'host' ? 0 : value === 'new' ? 1 : 2);
    if (typeof value === 'object') f.text.write(out, value.path);
  },
  read: (input) => {
    const kind = input.u8();
    if (kind === 2) return { path: f.text.read(input) };
    return kind === 0 ? 'host' : kind === 1 ? 'new' : input.fail(`a namespace source is ${kind}`);
  },
  format: (value) => (typeof value === 'object' ? f.text.format(value.path) : value),
};

const processFields: Fields<ProcessPlan> = {
  argv: f.listOf(f.text),
  env: f.listOf(f.text),
  cwd: f.text,
  uid: f.number,
  gid: f.number,
  groups: f.listOf(f.number),
  umask: f.optional(f.octal),
  capabilities: f.record<CapabilitySets>({
    bounding: f.mask,
    effective: f.mask,
    permitted: f.mask,
    inheritable: f.mask,
    ambient: f.mask,
  }),
  noNewPrivileges: f.flag,
  seccomp: f.optional(f.program),
  seccompFlags: f.optional(f.hex),
  rlimits: f.listOf(f.record<ResourceLimit>({ resource: f.number, soft: f.limit, hard: f.limit })),
  oomScoreAdj: f.optional(f.signed),
  init: f.flag,
  personality: f.optional(f.hex),
  ioPriority: f.optional(f.hex),
  scheduler: f.optional(
    f.record<SchedulerPlan>({
      policy: f.number,
      flags: f.mask,
      nice: f.signed,
      priority: f.number,
      runtime: f.wideNumber,
      deadline: f.wideNumber,
      period: f.wideNumber,
    }),
  ),
  affinity: f.optional(f.record<AffinityPlan>({ initial: f.bytes, final: f.bytes })),
  joinPid: f.optional(f.number),
  joinStartTime: f.optional(f.wideNumber),
};

const hook = f.record<HookPlan>({
  point: f.choice('prestart', 'createRuntime', 'createContainer', 'startContainer'),
  path: f.text,
  args: f.listOf(f.text),
  env: f.listOf(f.text),
  timeout: f.number,
});

const planFields: Fields<LaunchPlan> = {
  kind: f.choice<'run' | 'exec'>('run', 'exec'),
  id: f.text,
  runDir: f.text,
  stdio: f.record<StdioPlan>({
    tty: f.flag,
    rows: f.number,
    columns: f.number,
    stdin: f.flag,
    stdinOnce: f.flag,
  }),
  log: f.optional(f.record<LogPlan>({ path: f.text, maxSize: f.size, maxFiles: f.number })),
  waitForStart: f.flag,
  oomCounter: f.optional(f.text),
  host: f.listOf(hostOp),
  namespaces: f.record<NamespacePlan>({
    mount: namespaceSource,
    pid: namespaceSource,
    net: namespaceSource,
    ipc: namespaceSource,
    uts: namespaceSource,
    cgroup: namespaceSource,
    user: namespaceSource,
  }),
  userMaps: f.optional(f.record<UserMaps>({ uid: f.text, gid: f.text })),
  network: f.listOf(networkOp),
  setup: f.listOf(setupOp),
  process: f.record(processFields),
  teardown: f.listOf(hostOp),
  foreign: f.optional(
    f.record<ForeignPlan>({
      bundle: f.text,
      env: f.listOf(f.text),
      create: f.listOf(f.text),
      start: f.listOf(f.text),
      kill: f.listOf(f.text),
      delete: f.listOf(f.text),
      hide: f.listOf(f.text),
      sources: f.listOf(f.record<ForeignSource>({ root: f.text, path: f.text, name: f.text })),
    }),
  ),
  timeNamespace: f.optional(f.record<TimeNamespacePlan>({ source: namespaceSource, offsets: f.text })),
  caller: f.optional(
    f.record<CallerPlan>({ outlives: f.flag, preserveFds: f.number, consoleSocket: f.optional(f.text) }),
  ),
  hooks: f.optional(f.record<HooksPlan>({ state: f.text, list: f.listOf(hook) })),
};

/** A whole launch plan, field by field in a fixed order. */
export const launchPlanCodec: FieldCodec<LaunchPlan> = f.record(planFields);

/** A list of network ops, for a container that runs. */
export const networkOpsCodec: FieldCodec<readonly NetworkOp[]> = f.listOf(networkOp);

/** One line a field; lists of ops and the process's fields take one line each entry. */
export function formatLaunchPlanFields(plan: LaunchPlan): string {
  const line = (name: string, shown: string) => `${name} ${shown}\n`;
  const field = (name: Exclude<keyof LaunchPlan, 'host' | 'network' | 'setup' | 'process' | 'teardown'>) =>
    line(name, (planFields[name] as FieldCodec<unknown>).format(plan[name]));
  const ops = <T>(name: string, list: readonly T[], codec: FieldCodec<T>) =>
    list.map((item, index) => line(`${name} ${index}`, codec.format(item))).join('');
  const process = (Object.keys(processFields) as (keyof ProcessPlan)[])
    .map((name) =>
      line(`process ${name}`, (processFields[name] as FieldCodec<unknown>).format(plan.process[name])),
    )
    .join('');
  return [
    ...(['kind', 'id', 'runDir', 'stdio', 'log', 'waitForStart', 'oomCounter'] as const).map(field),
    ops('host', plan.host, hostOp),
    ...(['namespaces', 'userMaps'] as const).map(field),
    ops('network', plan.network, networkOp),
    ops('setup', plan.setup, setupOp),
    process,
    ops('teardown', plan.teardown, hostOp),
    field('foreign'),
    ...(['timeNamespace', 'caller', 'hooks'] as const).map(field),
  ].join('');
}
