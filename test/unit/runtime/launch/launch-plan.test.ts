import { constants } from 'node:os';
import { describe, expect, it } from 'vitest';
import { buildExecPlan } from '../../../../src/runtime/launch/build-exec-plan.ts';
import { buildLaunchPlan, launchWarnings } from '../../../../src/runtime/launch/build-launch-plan.ts';
import { explainFailure } from '../../../../src/runtime/launch/explain-failure.ts';
import type { LaunchContext } from '../../../../src/runtime/launch/launch-context.ts';
import { mergeMountWords, parseMountWords } from '../../../../src/runtime/launch/mount-flags.ts';
import { defaultProfile } from '../../../../src/runtime/seccomp/default-profile.ts';
import { parseProfile, resolveProfile } from '../../../../src/runtime/seccomp/resolve-profile.ts';
import { generateSpec } from '../../../../src/runtime/spec/oci-spec.ts';
import type { OciMount, OciSpec } from '../../../../src/runtime/spec/oci-types.ts';
import type { MachineFacts, SpecInput } from '../../../../src/runtime/spec/spec-input.ts';
import { containerId, machineV1, machineV2, specInput } from '../machines.ts';

const stdio = { tty: false, rows: 0, columns: 0, stdin: false, stdinOnce: false };

const context = (machine: MachineFacts = machineV1): LaunchContext => ({
  id: containerId,
  runDir: '/run/c',
  stdio,
  rootfs: { kind: 'directory', path: '/root' },
  machine,
  init: false,
});

const withMount = (mount: OciMount): OciSpec => {
  const spec = generateSpec(specInput());
  return { ...spec, mounts: [...spec.mounts, mount] };
};

describe('buildLaunchPlan', () => {
  it.each([
    ['/proc/self', 'bind'],
    ['/proc/sys/net', 'bind'],
    ['/proc/../proc/1', 'bind'],
    ['/proc', 'bind'],
    ['/proc/bus', 'tmpfs'],
  ])('refuses to cover %s with a %s', (destination, type) => {
    expect(() => buildLaunchPlan(withMount({ destination, type, source: '/x' }), context())).toThrow(
      /inside \/proc/,
    );
  });

  it('lets files of /proc be covered that have no power', () => {
    const plan = buildLaunchPlan(
      withMount({ destination: '/proc/meminfo', type: 'bind', source: '/x' }),
      context(),
    );
    expect(plan.setup).toContainEqual(expect.objectContaining({ op: 'bind', target: '/proc/meminfo' }));
  });

  it('never lets a container without a device guard make nodes', () => {
    const bare = { ...machineV1, cgroups: { kind: 'none', reason: 'x' } } as const;
    const spec = generateSpec(specInput({ machine: bare }));
    expect((buildLaunchPlan(spec, context(bare)).process.capabilities.bounding >> 27n) & 1n).toBe(0n);
    expect(launchWarnings(spec, context(bare))).toEqual([expect.stringContaining('CAP_MKNOD is taken away')]);
    expect((buildLaunchPlan(spec, context(machineV2)).process.capabilities.bounding >> 27n) & 1n).toBe(1n);
  });

  it('leaves device rules and the terminal group out in a user namespace, where neither is possible', () => {
    for (const machine of [machineV1, machineV2]) {
      const nested = { ...machine, userNamespace: true };
      const plan = buildLaunchPlan(generateSpec(specInput({ machine: nested })), context(nested));
      expect(
        plan.host.some(
          (op) => op.op === 'device-filter' || (op.op === 'write' && op.path.includes('devices.')),
        ),
      ).toBe(false);
      expect(plan.setup.find((op) => op.op === 'mount' && op.fstype === 'devpts')).toMatchObject({
        data: 'newinstance,ptmxmode=0666,mode=0620',
      });
      expect((plan.process.capabilities.bounding >> 27n) & 1n).toBe(1n);
    }
  });

  it('denies devices that nobody named, also for a spec without rules', () => {
    const spec = generateSpec(specInput());
    const plan = buildLaunchPlan({ ...spec, linux: { ...spec.linux, resources: {} } }, context());
    expect(plan.host.find((op) => op.op === 'write')).toMatchObject({
      path: expect.stringMatching(/devices\.deny$/),
      data: 'a',
    });
  });

  it('makes the working directory before anything is mounted over it, and shuts the root last', () => {
    const plan = buildLaunchPlan(
      generateSpec(
        specInput({ config: { Cmd: ['x'], WorkingDir: '/srv/app' }, hostConfig: { ReadonlyRootfs: true } }),
      ),
      context(),
    );
    expect(plan.setup[1]).toEqual({ op: 'mkdir', target: '/srv/app', mode: 0o755, uid: 0, gid: 0 });
    expect(plan.setup.at(-1)).toEqual({ op: 'readonly-root' });
    const order = plan.setup.map((op) => op.op);
    expect(order.indexOf('pivot')).toBeLessThan(order.indexOf('readonly-path'));
    expect(order.lastIndexOf('readonly-path')).toBeLessThan(order.indexOf('mask'));
  });

  it('has a console step with a terminal only', () => {
    const plan = (tty: boolean) =>
      buildLaunchPlan(generateSpec(specInput()), { ...context(), stdio: { ...stdio, tty } });
    expect(plan(true).setup).toContainEqual({ op: 'console' });
    expect(plan(false).setup).not.toContainEqual({ op: 'console' });
  });
});

describe('buildExecPlan', () => {
  const exec = (more: Partial<Parameters<typeof buildExecPlan>[0]> = {}, input: Partial<SpecInput> = {}) =>
    buildExecPlan({
      id: 'e'.repeat(64),
      runDir: '/run/e',
      stdio,
      container: { pid: 42, startTime: 7n, spec: generateSpec(specInput(input)) },
      args: ['sh'],
      env: [],
      privileged: false,
      machine: machineV1,
      ...more,
    });

  it('is the container’s process with another command, in its control groups', () => {
    const { process, host, setup } = exec({ env: ['A=1', 'PATH'], cwd: '/tmp' });
    expect(process).toMatchObject({ argv: ['sh'], cwd: '/tmp', joinPid: 42, joinStartTime: 7n, uid: 0 });
    expect(process.env).toEqual(['HOSTNAME=c0ffee000000', 'HOME=/root', 'A=1']);
    expect(process.capabilities).toMatchObject({
      bounding: 0xa80425fbn,
      effective: 0xa80425fbn,
      inheritable: 0n,
    });
    expect(process.seccomp).toBeDefined();
    expect(host).toHaveLength(6);
    expect(host.every((op) => op.op === 'join-cgroup')).toBe(true);
    expect(setup).toEqual([]);
  });

  it('as another user has that user’s home and no capabilities in effect', () => {
    const user = { uid: 5, gid: 6, groups: [7], home: '/home/five' };
    const { process } = exec({ user });
    expect(process).toMatchObject({
      uid: 5,
      gid: 6,
      groups: [7],
      capabilities: { effective: 0n, permitted: 0n, bounding: 0xa80425fbn },
    });
    expect(process.env).toContain('HOME=/home/five');
    expect(exec({ user }, { config: { Cmd: ['x'], Env: ['HOME=/kept'] } }).process.env).toContain(
      'HOME=/kept',
    );
  });

  it('privileged has everything and no filter', () => {
    const { process } = exec({ privileged: true });
    expect(process.capabilities.effective).toBe((1n << 41n) - 1n);
    expect(process).not.toHaveProperty('seccomp');
  });

  it('as root in a container of another user has that container’s bounds', () => {
    const root = { uid: 0, gid: 0, groups: [], home: '/root' };
    const { process } = exec({ user: root }, { user: { uid: 9, gid: 9, groups: [], home: '/' } });
    expect(process.capabilities.effective).toBe(0xa80425fbn);
  });

  it('needs a command and an absolute directory', () => {
    expect(() => exec({ args: [] })).toThrow(/no exec command/);
    expect(() => exec({ cwd: 'tmp' })).toThrow(/not an absolute path/);
  });
});

describe('explainFailure', () => {
  const { errno } = constants;
  it.each([
    ['exec', errno.ENOENT, 'execve nosuch', /"web": executable file not found in \$PATH/, 127],
    ['exec', errno.EACCES, 'execve web', /"web": permission denied/, 126],
    ['exec', errno.ENOEXEC, 'execve web', /exec format error/, 126],
    [
      'setup',
      errno.ENOENT,
      'bind source /srv/data',
      /^db: bind source path does not exist: \/srv\/data$/,
      128,
    ],
    ['setup', errno.ENOTDIR, 'bind /a on /b', /mounting \/a on \/b: not a directory/, 128],
    [
      'setup',
      errno.EINVAL,
      'bind /a on /b',
      /mounting \/a on \/b: one is a directory, and the other is not/,
      128,
    ],
    ['setup', errno.EINVAL, 'rootfs-overlay lowerdir=x', /mounting the root file system/, 128],
    ['setup', errno.ENOSPC, 'mkdir /x', /no space left on device/, 128],
    [
      'process',
      errno.EACCES,
      'chdir /work',
      /working directory "\/work" cannot be entered: permission denied/,
      128,
    ],
    [
      'clone',
      errno.EPERM,
      'clone flags 0x1',
      /making the namespaces: flags 0x1: operation not permitted/,
      128,
    ],
    [
      'host',
      errno.EADDRINUSE,
      'hold-socket port-tcp-80-4',
      /reserving the address port-tcp-80-4: address already in use/,
      128,
    ],
  ])('%s %i %s', (step, number, detail, message, exitCode) => {
    const error = explainFailure(
      { step, errno: number, detail },
      { name: 'db', command: ['web', '-x'], cwd: '/work' },
    );
    expect(error.message).toMatch(message);
    expect(error).toMatchObject({ exitCode, hint: expect.stringMatching(/\.$/) });
  });

  it('tells a missing path from a missing name', () => {
    const error = explainFailure(
      { step: 'exec', errno: errno.ENOENT, detail: 'execve ./run.sh' },
      { command: ['./run.sh'] },
    );
    expect(error.message).toBe('exec: "./run.sh": no such file or directory');
  });
});

describe('mount words', () => {
  it('become flags, data and propagation; later ones win', () => {
    expect(parseMountWords(['ro', 'nosuid', 'rw', 'mode=755', 'rbind', 'rslave', 'size=1k'])).toEqual({
      flags: 2,
      data: 'mode=755,size=1k',
      bind: 'rbind',
      propagation: 'rslave',
      attributes: { set: 2, clear: 1 },
      recursive: { set: 0, clear: 0 },
      idmap: 'no',
      copyUp: false,
    });
    expect(parseMountWords(['noatime', 'strictatime', 'rro', 'rnoexec', 'rexec', 'ridmap'])).toMatchObject({
      attributes: { set: 0x20, clear: 0x70 },
      recursive: { set: 1, clear: 8 },
      idmap: 'ridmap',
      data: '',
    });
    expect(mergeMountWords(['noexec', 'size=1', 'exec', 'ro', 'size=2', 'rw'])).toEqual([
      'exec',
      'size=2',
      'rw',
    ]);
  });
});

describe('seccomp profiles in Docker’s format', () => {
  it('keep the rules whose conditions hold', () => {
    const profile = parseProfile(
      JSON.stringify({
        defaultAction: 'SCMP_ACT_ERRNO',
        archMap: [{ architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X32'] }],
        syscalls: [
          { name: 'a', action: 'SCMP_ACT_ALLOW' },
          { names: ['b'], action: 'SCMP_ACT_ALLOW', includes: { caps: ['CAP_SYS_ADMIN', 'CAP_BPF'] } },
          { names: ['c'], action: 'SCMP_ACT_ALLOW', includes: { minKernel: '6.19' } },
          {
            names: ['d'],
            action: 'SCMP_ACT_ALLOW',
            includes: { arches: ['arm64', 'amd64'], minKernel: '4.8' },
          },
          { names: ['e'], action: 'SCMP_ACT_ALLOW', excludes: { caps: ['CAP_SYS_ADMIN'] } },
          { names: ['f'], action: 'SCMP_ACT_ALLOW', excludes: { arches: ['s390'], minKernel: '7.0' } },
        ],
      }),
      'test',
    );
    const resolved = resolveProfile(profile, {
      machine: 'x64',
      capabilities: ['CAP_SYS_ADMIN'],
      kernel: [6, 18],
    });
    expect(resolved.syscalls?.flatMap((rule) => rule.names)).toEqual(['a', 'd', 'f']);
    expect(resolved.architectures).toEqual(['SCMP_ARCH_X86_64', 'SCMP_ARCH_X32']);
  });

  it.each([
    ['[]', /not a JSON object/],
    ['{"defaultAction":"SCMP_ACT_ALLOW","syscalls":{}}', /not a list/],
    ['{"defaultAction":"x","archMap":[{}],"architectures":["y"]}', /both archMap and architectures/],
    ['{"defaultAction":"x","syscalls":[{"name":"a","names":["b"],"action":"y"}]}', /both name and names/],
    [
      '{"defaultAction":"x","syscalls":[{"names":["b"],"action":"y","args":[{"index":6}]}]}',
      /argument 6 in rule 1/,
    ],
  ])('refuse %s', (text, message) => {
    expect(() => parseProfile(text, 'test')).toThrow(message);
  });

  it('of ours names no call twice without a condition', () => {
    const plain = (defaultProfile.syscalls ?? []).filter(
      (rule) => !rule.args && !rule.includes && !rule.excludes,
    );
    const names = plain.flatMap((rule) => rule.names ?? []);
    expect(new Set(names).size).toBe(names.length);
  });
});
