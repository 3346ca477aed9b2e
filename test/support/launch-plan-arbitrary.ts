import fc from 'fast-check';
import type { NamespaceSource } from '../../src/runtime/launch/launch-options.ts';
import type {
  HoldSocketOp,
  HostOp,
  LaunchPlan,
  NetworkOp,
  SetupOp,
} from '../../src/runtime/launch/launch-plan.ts';

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }).map((value) => value.replaceAll('\0', '')),
  fc.constantFrom('', '/a/b', 'quote " back \\ tab \t', 'é → 漢字 🦊', '\x7f\x01'),
);
const flag = fc.boolean();
const u32 = fc.oneof(fc.integer({ min: 0, max: 0xffff_ffff }), fc.constantFrom(0, 1, 0xffff_ffff));
const u64 = fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn });
const limit = fc.oneof(fc.constant(-1n), fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_fffen }));
const bytes = fc.uint8Array({ maxLength: 80 }).map((value) => Buffer.from(value));
const texts = fc.array(text, { maxLength: 4 });
const maybe = <T>(inner: fc.Arbitrary<T>) => fc.option(inner, { nil: undefined });
const create = fc.constantFrom('dir' as const, 'file' as const, 'none' as const);
const op = <K extends string>(name: K) => fc.constant(name);

const holdSocket: fc.Arbitrary<HoldSocketOp> = fc.record({
  op: op('hold-socket'),
  name: text,
  family: fc.constantFrom(4 as const, 6 as const),
  protocol: fc.constantFrom('tcp' as const, 'udp' as const),
  address: text,
  port: u32,
  backlog: u32,
});
const write = fc.record({ op: op('write'), path: text, data: text, optional: flag });

const hostOp: fc.Arbitrary<HostOp> = fc.oneof(
  fc.record({ op: op('mkdir'), path: text, mode: u32, existOk: flag }),
  write,
  fc.record({ op: op('join-cgroup'), path: text, optional: flag }),
  fc.record({ op: op('device-filter'), cgroup: text, program: bytes }),
  holdSocket,
  fc.record({ op: op('rmdir'), path: text }),
  fc.record({ op: op('unlink'), path: text }),
  fc.record({ op: op('kill-cgroup'), path: text }),
  fc.record({ op: op('enter-network'), path: text }),
);

const networkOp: fc.Arbitrary<NetworkOp> = fc.oneof(
  fc
    .record({
      op: op('netlink'),
      protocol: u32,
      from: fc.constantFrom('container' as const, 'host' as const),
      message: bytes,
      netnsFdAt: maybe(u32),
      what: text,
    })
    .map(dropUndefined),
  write,
  holdSocket,
  fc.record({ op: op('write-host'), path: text, data: text }),
  fc.record({
    op: op('forward'),
    socket: text,
    family: fc.constantFrom(4 as const, 6 as const),
    address: text,
    port: u32,
    keepClient: fc.boolean(),
  }),
);

const target = { target: text };
const setupOp: fc.Arbitrary<SetupOp> = fc.oneof(
  fc.record({
    op: op('rootfs-overlay'),
    lower: fc.array(text, { maxLength: 4 }),
    upper: text,
    work: text,
    mountPoint: text,
    userxattr: flag,
  }),
  fc.record({ op: op('rootfs-bind'), source: text, mountPoint: text }),
  fc.record({ op: op('mount'), source: text, ...target, fstype: text, flags: u32, data: text, create }),
  fc
    .record({
      op: op('bind'),
      source: text,
      subpath: text,
      ...target,
      recursive: flag,
      readOnly: fc.constantFrom('no' as const, 'yes' as const, 'recursive' as const),
      nosuid: flag,
      nodev: flag,
      noexec: flag,
      propagation: fc.constantFrom(
        'private' as const,
        'rprivate' as const,
        'shared' as const,
        'rshared' as const,
        'slave' as const,
        'rslave' as const,
      ),
      create,
      idmap: maybe(fc.record({ uid: text, gid: text, recursive: flag })),
    })
    .map(dropUndefined),
  fc.record({ op: op('mkdir'), ...target, mode: u32, uid: u32, gid: u32 }),
  fc.record({ op: op('symlink'), text, ...target }),
  fc.record({
    op: op('device'),
    ...target,
    type: fc.constantFrom('c' as const, 'b' as const, 'p' as const),
    major: u32,
    minor: u32,
    mode: u32,
    uid: u32,
    gid: u32,
  }),
  fc.record({ op: op('write-file'), ...target, data: text, mode: u32 }),
  fc.record({ op: op('sysctl'), key: text, value: text }),
  fc.record({ op: op('hostname'), name: text }),
  fc.record({ op: op('domainname'), name: text }),
  fc.constantFrom({ op: 'console' as const }, { op: 'pivot' as const }, { op: 'readonly-root' as const }),
  fc.record({ op: op('mask'), ...target }),
  fc.record({ op: op('readonly-path'), ...target }),
  fc.constantFrom({ op: 'hooks' as const }, { op: 'move-root' as const }),
  fc.record({
    op: op('attributes'),
    ...target,
    recursive: flag,
    set: u32,
    clear: u32,
    propagation: u32,
  }),
  fc.record({ op: op('tmpfs-copy'), ...target, flags: u32, data: text }),
);

const namespace: fc.Arbitrary<NamespaceSource> = fc.oneof(
  fc.constantFrom('host' as const, 'new' as const),
  fc.record({ path: text }),
);

const hook = fc.record({
  point: fc.constantFrom(
    'prestart' as const,
    'createRuntime' as const,
    'createContainer' as const,
    'startContainer' as const,
  ),
  path: text,
  args: fc.array(text, { maxLength: 3 }),
  env: fc.array(text, { maxLength: 3 }),
  timeout: u32,
});

/** Any launch plan the format can hold, sensible or not; absent optional fields are absent, not undefined. */
export const launchPlanArbitrary: fc.Arbitrary<LaunchPlan> = fc
  .record({
    kind: fc.constantFrom('run' as const, 'exec' as const),
    id: text,
    runDir: text,
    stdio: fc.record({ tty: flag, rows: u32, columns: u32, stdin: flag, stdinOnce: flag }),
    log: maybe(fc.record({ path: text, maxSize: fc.maxSafeNat(), maxFiles: u32, awaitFollower: u32 })),
    waitForStart: flag,
    oomCounter: maybe(text),
    host: fc.array(hostOp, { maxLength: 6 }),
    namespaces: fc.record({
      mount: namespace,
      pid: namespace,
      net: namespace,
      ipc: namespace,
      uts: namespace,
      cgroup: namespace,
      user: namespace,
    }),
    userMaps: maybe(fc.record({ uid: text, gid: text })),
    network: fc.array(networkOp, { maxLength: 6 }),
    setup: fc.array(setupOp, { maxLength: 12 }),
    process: fc
      .record({
        argv: fc.array(text, { maxLength: 4 }),
        env: fc.array(text, { maxLength: 4 }),
        cwd: text,
        uid: u32,
        gid: u32,
        groups: fc.array(u32, { maxLength: 4 }),
        keepGroups: fc.boolean(),
        umask: maybe(u32),
        capabilities: fc.record({
          bounding: u64,
          effective: u64,
          permitted: u64,
          inheritable: u64,
          ambient: u64,
        }),
        noNewPrivileges: flag,
        seccomp: maybe(bytes),
        seccompFlags: maybe(u32),
        rlimits: fc.array(fc.record({ resource: u32, soft: limit, hard: limit }), { maxLength: 3 }),
        oomScoreAdj: maybe(fc.integer()),
        init: flag,
        personality: maybe(u32),
        ioPriority: maybe(u32),
        scheduler: maybe(
          fc.record({
            policy: u32,
            flags: u64,
            nice: fc.integer(),
            priority: u32,
            runtime: u64,
            deadline: u64,
            period: u64,
          }),
        ),
        affinity: maybe(fc.record({ initial: bytes, final: bytes })),
        joinPid: maybe(u32),
        joinStartTime: maybe(u64),
      })
      .map(dropUndefined),
    teardown: fc.array(hostOp, { maxLength: 3 }),
    foreign: maybe(
      fc.record({
        bundle: text,
        env: texts,
        create: texts,
        start: texts,
        kill: texts,
        delete: texts,
        hide: texts,
        sources: fc.array(fc.record({ root: text, path: text, name: text }), { maxLength: 3 }),
      }),
    ),
    timeNamespace: maybe(fc.record({ source: namespace, offsets: text })),
    caller: maybe(
      fc.record({ outlives: flag, preserveFds: u32, consoleSocket: maybe(text) }).map(dropUndefined),
    ),
    hooks: maybe(fc.record({ state: text, list: fc.array(hook, { maxLength: 3 }) })),
  })
  .map(dropUndefined) as fc.Arbitrary<LaunchPlan>;

function dropUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as T;
}
