import type { FieldCodec, Fields, OpFields } from './field-codec.ts';
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
 * The launch plan's table: its values, their kinds and their order in the encoding. launch-plan.ts has the same as
 * types, and the compiler checks that they agree; `npm run generate` makes the structures and tables of C from it. A
 * fuzz test prints random plans with both and compares. Any change here raises planVersion.
 */
export const planVersion = 6;

const family = f.choice<4 | 6>('family', 4, 6);
const holdSocket = f.record<OpFields<HoldSocketOp, 'hold-socket'>>(
  {
    name: f.text,
    family,
    protocol: f.choice<'tcp' | 'udp'>('protocol', 'tcp', 'udp'),
    address: f.text,
    port: f.number,
    backlog: f.number,
  },
  'op_hold_socket',
);

const writeFile = f.record<{ path: string; data: string; optional: boolean }>(
  { path: f.text, data: f.text, optional: f.flag },
  'op_write',
);
const create = f.choice<'dir' | 'file' | 'none'>('create', 'dir', 'file', 'none');

const hostOp = f.op<HostOp>('host', {
  mkdir: f.record({ path: f.text, mode: f.octal, existOk: f.flag }),
  write: writeFile,
  'join-cgroup': f.record({ path: f.text, optional: f.flag }),
  'device-filter': f.record({ cgroup: f.text, program: f.program }),
  'hold-socket': holdSocket,
  rmdir: f.record({ path: f.text }),
  unlink: f.record({ path: f.text }),
  'kill-cgroup': f.record({ path: f.text }),
  'enter-network': f.record({ path: f.text }),
});

const networkOp = f.op<NetworkOp>('network', {
  netlink: f.record<OpFields<NetworkOp, 'netlink'>>({
    protocol: f.number,
    from: f.choice<'container' | 'host'>('from', 'container', 'host'),
    message: f.bytes,
    netnsFdAt: f.optional(f.number),
    what: f.text,
  }),
  write: writeFile,
  'hold-socket': holdSocket,
  'write-host': f.record({ path: f.text, data: f.text }, 'op_write_host'),
  forward: f.record(
    {
      socket: f.text,
      family,
      address: f.text,
      port: f.number,
      keepClient: f.flag,
    },
    'op_forward',
  ),
});

const setupOp = f.op<SetupOp>('setup', {
  'rootfs-overlay': f.record({
    lower: f.listOf(f.text),
    upper: f.text,
    work: f.text,
    mountPoint: f.text,
    userxattr: f.flag,
  }),
  'rootfs-bind': f.record({ source: f.text, mountPoint: f.text }),
  mount: f.record({ source: f.text, target: f.text, fstype: f.text, flags: f.hex, data: f.text, create }),
  bind: f.record<OpFields<SetupOp, 'bind'>>({
    source: f.text,
    subpath: f.text,
    target: f.text,
    recursive: f.flag,
    readOnly: f.choice<'no' | 'yes' | 'recursive'>('readonly', 'no', 'yes', 'recursive'),
    nosuid: f.flag,
    nodev: f.flag,
    noexec: f.flag,
    propagation: f.choice<'private' | 'rprivate' | 'shared' | 'rshared' | 'slave' | 'rslave'>(
      'propagation',
      'private',
      'rprivate',
      'shared',
      'rshared',
      'slave',
      'rslave',
    ),
    create,
    idmap: f.optional(f.record<IdmapPlan>({ uid: f.text, gid: f.text, recursive: f.flag }, 'idmap_plan')),
  }),
  mkdir: f.record({ target: f.text, mode: f.octal, uid: f.number, gid: f.number }),
  symlink: f.record({ text: f.text, target: f.text }),
  device: f.record({
    target: f.text,
    type: f.choice<'c' | 'b' | 'p'>('device', 'c', 'b', 'p'),
    major: f.number,
    minor: f.number,
    mode: f.octal,
    uid: f.number,
    gid: f.number,
  }),
  'write-file': f.record({ target: f.text, data: f.text, mode: f.octal }),
  sysctl: f.record({ key: f.text, value: f.text }),
  hostname: f.record({ name: f.text }),
  domainname: f.record({ name: f.text }),
  console: f.record({}),
  pivot: f.record({}),
  'readonly-root': f.record({}),
  mask: f.record({ target: f.text }),
  'readonly-path': f.record({ target: f.text }),
  hooks: f.record({}),
  attributes: f.record({ target: f.text, recursive: f.flag, set: f.hex, clear: f.hex, propagation: f.hex }),
  'tmpfs-copy': f.record({ target: f.text, flags: f.hex, data: f.text }),
  'move-root': f.record({}),
});

/** u8 0 host, 1 new, 2 and a path. */
const namespaceSource: FieldCodec<NamespaceSource> = {
  shape: { kind: 'namespace' },
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
  keepGroups: f.flag,
  umask: f.optional(f.octal),
  capabilities: f.record<CapabilitySets>(
    {
      bounding: f.mask,
      effective: f.mask,
      permitted: f.mask,
      inheritable: f.mask,
      ambient: f.mask,
    },
    'capability_sets',
  ),
  noNewPrivileges: f.flag,
  seccomp: f.optional(f.program),
  seccompFlags: f.optional(f.hex),
  rlimits: f.listOf(
    f.record<ResourceLimit>({ resource: f.number, soft: f.limit, hard: f.limit }, 'resource_limit'),
  ),
  oomScoreAdj: f.optional(f.signed),
  init: f.flag,
  personality: f.optional(f.hex),
  ioPriority: f.optional(f.hex),
  scheduler: f.optional(
    f.record<SchedulerPlan>(
      {
        policy: f.number,
        flags: f.mask,
        nice: f.signed,
        priority: f.number,
        runtime: f.wideNumber,
        deadline: f.wideNumber,
        period: f.wideNumber,
      },
      'scheduler_plan',
    ),
  ),
  affinity: f.optional(f.record<AffinityPlan>({ initial: f.bytes, final: f.bytes }, 'affinity_plan')),
  joinPid: f.optional(f.number),
  joinStartTime: f.optional(f.wideNumber),
};

const hook = f.record<HookPlan>(
  {
    point: f.choice('hook', 'prestart', 'createRuntime', 'createContainer', 'startContainer'),
    path: f.text,
    args: f.listOf(f.text),
    env: f.listOf(f.text),
    timeout: f.number,
  },
  'hook_plan',
);

const planFields: Fields<LaunchPlan> = {
  kind: f.choice<'run' | 'exec'>('kind', 'run', 'exec'),
  id: f.text,
  runDir: f.text,
  stdio: f.record<StdioPlan>(
    {
      tty: f.flag,
      rows: f.number,
      columns: f.number,
      stdin: f.flag,
      stdinOnce: f.flag,
    },
    'stdio_plan',
  ),
  log: f.optional(
    f.record<LogPlan>(
      { path: f.text, maxSize: f.size, maxFiles: f.number, awaitFollower: f.number },
      'log_plan',
    ),
  ),
  waitForStart: f.flag,
  oomCounter: f.optional(f.text),
  host: f.listOf(hostOp),
  namespaces: f.record<NamespacePlan>(
    {
      mount: namespaceSource,
      pid: namespaceSource,
      net: namespaceSource,
      ipc: namespaceSource,
      uts: namespaceSource,
      cgroup: namespaceSource,
      user: namespaceSource,
    },
    'namespace_plan',
  ),
  userMaps: f.optional(f.record<UserMaps>({ uid: f.text, gid: f.text }, 'user_maps')),
  network: f.listOf(networkOp),
  setup: f.listOf(setupOp),
  process: f.record(processFields, 'process_plan'),
  teardown: f.listOf(hostOp),
  foreign: f.optional(
    f.record<ForeignPlan>(
      {
        bundle: f.text,
        env: f.listOf(f.text),
        create: f.listOf(f.text),
        start: f.listOf(f.text),
        kill: f.listOf(f.text),
        delete: f.listOf(f.text),
        hide: f.listOf(f.text),
        sources: f.listOf(
          f.record<ForeignSource>({ root: f.text, path: f.text, name: f.text }, 'foreign_source'),
        ),
      },
      'foreign_plan',
    ),
  ),
  timeNamespace: f.optional(
    f.record<TimeNamespacePlan>({ source: namespaceSource, offsets: f.text }, 'time_namespace_plan'),
  ),
  caller: f.optional(
    f.record<CallerPlan>(
      { outlives: f.flag, preserveFds: f.number, consoleSocket: f.optional(f.text) },
      'caller_plan',
    ),
  ),
  hooks: f.optional(f.record<HooksPlan>({ state: f.text, list: f.listOf(hook) }, 'hooks_plan')),
};

/** A complete launch plan, field by field in a fixed order. */
export const launchPlanCodec: FieldCodec<LaunchPlan> = f.record(planFields, 'plan');

/** A list of network ops, for a running container. */
export const networkOpsCodec: FieldCodec<readonly NetworkOp[]> = f.listOf(networkOp);

/** One line per field; for lists of ops and the process's fields, one line per entry. */
export function formatLaunchPlanFields(plan: LaunchPlan): string {
  const lines: string[] = [];
  for (const [name, codec] of Object.entries(planFields) as [keyof LaunchPlan, FieldCodec<unknown>][]) {
    if (name === 'host' || name === 'teardown') lines.push(...entries(name, plan[name], hostOp));
    else if (name === 'network') lines.push(...entries(name, plan[name], networkOp));
    else if (name === 'setup') lines.push(...entries(name, plan[name], setupOp));
    else if (name === 'process') lines.push(...processLines(plan.process));
    else lines.push(`${name} ${codec.format(plan[name])}`);
  }
  return lines.map((line) => `${line}\n`).join('');
}

function entries<T>(name: string, list: readonly T[], codec: FieldCodec<T>): string[] {
  return list.map((item, index) => `${name} ${index} ${codec.format(item)}`);
}

function processLines(process: ProcessPlan): string[] {
  return (Object.entries(processFields) as [keyof ProcessPlan, FieldCodec<unknown>][]).map(
    ([name, codec]) => `process ${name} ${codec.format(process[name])}`,
  );
}
