import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { detectCgroups, startedIn } from '../../../../src/runtime/cgroup/cgroup-layout.ts';
import { cpuWeight, ioWeight } from '../../../../src/runtime/cgroup/cgroup-limits.ts';
import { planCgroups, planCgroupUpdate } from '../../../../src/runtime/cgroup/cgroup-plan.ts';
import { deviceFilter } from '../../../../src/runtime/cgroup/device-filter.ts';
import { parseDeviceRule } from '../../../../src/runtime/spec/device-rules.ts';
import type { OciDeviceRule } from '../../../../src/runtime/spec/oci-types.ts';
import { layoutV1, layoutV2 } from '../machines.ts';

const line = (root: string, at: string, type: string, options: string): string =>
  `31 23 0:28 ${root} ${at} rw,relatime shared:1 - ${type} ${type} rw,${options}`;

describe('detectCgroups', () => {
  it('sees controllers mounted by themselves beside an empty v2 tree', () => {
    const mountinfo = [
      line('/', '/sys/fs/cgroup', 'tmpfs', 'mode=755'),
      line('/', '/sys/fs/cgroup/cpu,cpuacct', 'cgroup', 'cpu,cpuacct'),
      line('/', '/sys/fs/cgroup/with\\040space', 'cgroup', 'memory'),
      line('/', '/sys/fs/cgroup/systemd', 'cgroup', 'name=systemd'),
      line('/', '/sys/fs/cgroup/unified', 'cgroup2', 'nsdelegate'),
    ].join('\n');
    expect(detectCgroups(mountinfo, '')).toEqual({
      kind: 'v1',
      mounts: {
        cpu: { mountPoint: '/sys/fs/cgroup/cpu,cpuacct', base: '' },
        cpuacct: { mountPoint: '/sys/fs/cgroup/cpu,cpuacct', base: '' },
        memory: { mountPoint: '/sys/fs/cgroup/with space', base: '' },
      },
      unified: '/sys/fs/cgroup/unified',
      others: ['/sys/fs/cgroup/systemd'],
    });
  });

  it('reads what a new cpuset has to be given', () => {
    const files: Record<string, string> = { '/c/cpuset.effective_cpus': '0-3\n', '/c/cpuset.mems': '0\n' };
    const layout = detectCgroups(line('/', '/c', 'cgroup', 'cpuset'), '', {
      read: (path) => files[path] ?? '',
    });
    expect(layout).toMatchObject({ kind: 'v1', cpuset: { cpus: '0-3', mems: '0' } });
  });

  it('sees v2, whole and delegated', () => {
    const mountinfo = line('/', '/sys/fs/cgroup', 'cgroup2', 'nsdelegate');
    const read = (path: string) => (path.endsWith('/cgroup.controllers') ? 'cpu memory pids\n' : '');
    expect(detectCgroups(mountinfo, '0::/\n', { read })).toEqual({
      kind: 'v2',
      mountPoint: '/sys/fs/cgroup',
      base: '',
      controllers: ['cpu', 'memory', 'pids'],
    });
    const writable = (path: string) => path.endsWith('/app.scope');
    expect(detectCgroups(mountinfo, '0::/user.slice/app.scope/keeper\n', { read, writable })).toMatchObject({
      base: '/user.slice/app.scope',
    });
  });

  it('means the same delegated group in an engine that is started again where the first one went', () => {
    const mountinfo = line('/', '/sys/fs/cgroup', 'cgroup2', 'nsdelegate');
    const writable = (path: string) => path.startsWith('/sys/fs/cgroup/users/ann');
    const found = (self: string) => detectCgroups(mountinfo, self, { writable });
    expect(found('0::/users/ann/shell\n')).toMatchObject({ base: '/users/ann' });
    expect(found('0::/users/ann/tcompose-0a1b2c3d/keeper\n')).toMatchObject({ base: '/users/ann' });
  });

  it('takes the group that is named, by either of its paths, and no other in its place', () => {
    const mountinfo = line('/', '/sys/fs/cgroup', 'cgroup2', 'nsdelegate');
    const writable = (path: string) => path.startsWith('/sys/fs/cgroup/users/ann');
    const found = (path: string, made = false) =>
      detectCgroups(mountinfo, '0::/users/ann/shell\n', { writable, given: { path, made } });
    for (const path of ['/users/ann/job', '/sys/fs/cgroup/users/ann/job/'])
      expect(found(path)).toEqual({
        kind: 'v2',
        mountPoint: '/sys/fs/cgroup',
        base: '/users/ann/job',
        controllers: [],
      });
    expect(found('/users/ann/job', true)).toMatchObject({ made: true });
    expect(found('/users/bob')).toEqual({
      kind: 'none',
      reason: expect.stringContaining('/users/bob is not this user'),
    });
    const given = { path: '/users/ann', made: false };
    expect(
      detectCgroups(line('/', '/c', 'cgroup', 'memory'), '', { writable: () => false, given }),
    ).toMatchObject({
      kind: 'none',
      reason: expect.stringContaining('v1'),
    });
  });

  it('knows the group that processes were started in', () => {
    expect(startedIn('0::/a/b.scope\n')).toBe('/a/b.scope');
    expect(startedIn('1:memory:/x\n0::/a/b.scope/tcompose-0a1b2c3d/keeper\n')).toBe('/a/b.scope');
    expect(startedIn('0::/tcompose-0a1b2c3d/keeper\n')).toBe('/');
  });

  it('says why there are none', () => {
    expect(detectCgroups('', '')).toEqual({ kind: 'none', reason: 'no control groups are mounted' });
    const nothing = { writable: () => false };
    for (const type of ['cgroup', 'cgroup2']) {
      expect(detectCgroups(line('/', '/c', type, 'memory'), '0::/\n', nothing)).toMatchObject({
        kind: 'none',
        reason: /not writable/,
      });
    }
  });
});

describe('planCgroups', () => {
  it('uses cpu and cpuset of v1 only with a limit', () => {
    const plain = planCgroups(layoutV1, '/t/c', {});
    expect(Object.keys(plain.paths).sort()).toEqual([
      'blkio',
      'cpuacct',
      'devices',
      'freezer',
      'memory',
      'pids',
    ]);
    const limited = planCgroups(layoutV1, '/t/c', { cpu: { quota: 1000, period: 2000, cpus: '1' } });
    expect(limited.paths).toMatchObject({
      cpu: '/sys/fs/cgroup/cpu/t/c',
      cpuset: '/sys/fs/cgroup/cpuset/t/c',
    });
    const writes = limited.host.flatMap((op) => (op.op === 'write' ? [`${op.path}=${op.data}`] : []));
    expect(writes).toEqual([
      '/sys/fs/cgroup/cpuset/t/cpuset.cpus=0-1',
      '/sys/fs/cgroup/cpuset/t/cpuset.mems=0',
      '/sys/fs/cgroup/cpuset/t/c/cpuset.cpus=0-1',
      '/sys/fs/cgroup/cpuset/t/c/cpuset.mems=0',
      '/sys/fs/cgroup/cpu/t/c/cpu.cfs_period_us=2000',
      '/sys/fs/cgroup/cpu/t/c/cpu.cfs_quota_us=1000',
      '/sys/fs/cgroup/cpuset/t/c/cpuset.cpus=1',
    ]);
  });

  it('makes and joins a group of two controllers mounted together once', () => {
    const both = { mountPoint: '/c/both', base: '' };
    const plan = planCgroups({ kind: 'v1', mounts: { memory: both, pids: both } }, '/t/c', {});
    expect(plan.host.map((op) => op.op)).toEqual(['mkdir', 'mkdir', 'join-cgroup']);
    expect(plan.teardown).toHaveLength(2);
  });

  it('warns of limits without their controller, by name', () => {
    const { warnings, host } = planCgroups(
      { ...layoutV2, controllers: ['memory'] } as typeof layoutV2,
      '/t/c',
      {
        pids: { limit: 5 },
        memory: { limit: 1e7 },
      },
    );
    expect(warnings).toEqual([expect.stringContaining('limits on pids are not applied')]);
    expect(host.some((op) => op.op === 'write' && op.path.endsWith('pids.max'))).toBe(false);
    expect(planCgroups({ kind: 'none', reason: 'why' }, '/t/c', { pids: { limit: 5 } }).warnings).toEqual([
      'limits (pids) are not applied: why',
    ]);
  });

  it('changes limits of a running container without touching its parents or devices', () => {
    for (const layout of [layoutV1, layoutV2]) {
      const { steps, groups } = planCgroupUpdate(layout, '/t/c', {
        memory: { limit: 2e7 },
        cpu: { shares: 1024 },
      });
      const writes = steps.flatMap((step) => (step.op === 'write' ? [step.path] : []));
      expect(writes.length).toBe(2);
      for (const path of writes) {
        expect(path).toMatch(/\/t\/c\/(memory|cpu)\./);
        expect(groups).toContain(path.slice(0, path.lastIndexOf('/')));
      }
    }
  });

  it('always leaves by the way it came', () => {
    for (const layout of [layoutV1, layoutV2]) {
      const plan = planCgroups(layout, '/t/c', { cpu: { cpus: '0' } });
      const removed = plan.teardown.flatMap((op) => (op.op === 'rmdir' ? [op.path] : []));
      expect(new Set(removed)).toEqual(new Set(Object.values(plan.paths)));
      expect(plan.teardown[0]).toMatchObject({ op: 'kill-cgroup' });
    }
  });
});

describe('weights', () => {
  it('map the ends onto the ends', () => {
    expect([cpuWeight(2), cpuWeight(1024), cpuWeight(262144), cpuWeight(0)]).toEqual([1, 39, 10000, 1]);
    expect([ioWeight(10), ioWeight(1000)]).toEqual([1, 10000]);
  });
});

/** Runs the eBPF subset the compiler emits, by the instruction set's text. */
function runDeviceFilter(
  bytes: Uint8Array,
  type: number,
  access: number,
  major: number,
  minor: number,
): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const memory = [((access << 16) | type) >>> 0, major, minor];
  const r: bigint[] = Array.from({ length: 11 }, () => 0n);
  for (let at = 0; ; at++) {
    const code = view.getUint8(at * 8);
    const dst = view.getUint8(at * 8 + 1) & 15;
    const src = view.getUint8(at * 8 + 1) >> 4;
    const off = view.getInt16(at * 8 + 2, true);
    const imm = BigInt.asUintN(64, BigInt(view.getInt32(at * 8 + 4, true)));
    if (code === 0x95) return r[0]!;
    if (code === 0x61) r[dst] = BigInt(memory[off / 4]!);
    else if (code === 0xbf) r[dst] = r[src]!;
    else if (code === 0xb7) r[dst] = imm;
    else if (code === 0x57) r[dst] = r[dst]! & imm;
    else if (code === 0x77) r[dst] = r[dst]! >> imm;
    else if (code === 0x55) at += r[dst] === imm ? 0 : off;
    else if (code === 0x45) at += (r[dst]! & imm) === 0n ? 0 : off;
    else if (code === 0x05) at += off;
    else throw new Error(`opcode ${code.toString(16)}`);
  }
}

describe('deviceFilter', () => {
  const number = fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined });
  const rule: fc.Arbitrary<OciDeviceRule> = fc.record({
    allow: fc.boolean(),
    type: fc.constantFrom('a', 'b', 'c', undefined),
    major: number,
    minor: number,
    access: fc.constantFrom('r', 'w', 'm', 'rw', 'rwm', undefined),
  });

  it('decides each bit of access by the last rule that speaks of it', () => {
    fc.assert(
      fc.property(
        fc.array(rule, { maxLength: 8 }),
        fc.constantFrom(1, 2),
        fc.integer({ min: 1, max: 7 }),
        fc.nat(3),
        fc.nat(3),
        (rules, type, access, major, minor) => {
          const bits = { m: 1, r: 2, w: 4 };
          const allowed = Object.entries(bits).every(([letter, bit]) => {
            if ((access & bit) === 0) return true;
            const last = rules.findLast(
              (one) =>
                (one.type === undefined || one.type === 'a' || { b: 1, c: 2 }[one.type] === type) &&
                (one.major ?? major) === major &&
                (one.minor ?? minor) === minor &&
                (one.access ?? 'rwm').includes(letter),
            );
            return last?.allow === true;
          });
          expect(runDeviceFilter(deviceFilter(rules), type, access, major, minor)).toBe(allowed ? 1n : 0n);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('reads rules as Docker writes them', () => {
    expect(parseDeviceRule('c 42:* rmw')).toEqual({ allow: true, type: 'c', major: 42, access: 'rmw' });
    expect(parseDeviceRule('a *:* rwm')).toEqual({ allow: true, type: 'a', access: 'rwm' });
    expect(() => parseDeviceRule('c 42 rmw')).toThrow(/invalid device cgroup rule/);
  });
});
