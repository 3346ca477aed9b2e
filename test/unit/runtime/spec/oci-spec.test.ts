import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  capabilityMask,
  capabilityNames,
  resolveCapabilities,
} from '../../../../src/runtime/spec/capabilities.ts';
import { checkRequest } from '../../../../src/runtime/spec/check-request.ts';
import { generateSpec, specWarnings } from '../../../../src/runtime/spec/oci-spec.ts';
import type { HostConfigInput, SpecInput } from '../../../../src/runtime/spec/spec-input.ts';
import { machineV1, machineV2, specInput } from '../machines.ts';

const spec = (hostConfig: HostConfigInput, more: Partial<SpecInput> = {}) =>
  generateSpec(specInput({ hostConfig, ...more }));

describe('command line', () => {
  it.each([
    [{ Cmd: ['serve', 'a'] }, ['serve', 'a']],
    [{ Cmd: 'one' }, ['one']],
    [{ Entrypoint: ['/mine'], Cmd: ['b'] }, ['/mine', 'b']],
    [{ Entrypoint: ['/mine'], Cmd: null }, ['/mine']],
    [{ Entrypoint: [], Cmd: ['sh'] }, ['sh']],
  ])('%o', (config, expected) => {
    expect(generateSpec(specInput({ config })).process.args).toEqual(expected);
  });

  it('must say something', () => {
    expect(() => generateSpec(specInput({ config: {} }))).toThrow(/no command specified/);
    expect(() => generateSpec(specInput({ config: { Entrypoint: null, Cmd: [] } }))).toThrow(
      /no command specified/,
    );
  });
});

describe('environment', () => {
  const env = (Env: string[], Tty = false) =>
    generateSpec(specInput({ config: { Cmd: ['x'], Env, Tty } })).process.env;

  it('begins with what every container has, and takes the container’s in place or after it', () => {
    expect(env(['A=1', 'PATH=/bin', 'B=2', 'B=3', 'C='], true)).toEqual([
      'PATH=/bin',
      'HOSTNAME=c0ffee000000',
      'TERM=xterm',
      'A=1',
      'B=3',
      'C=',
      'HOME=/root',
    ]);
  });

  it('drops a variable named without a value', () => {
    expect(env(['A=1', 'A', 'HOME', 'PATH'])).toEqual(['HOSTNAME=c0ffee000000']);
  });

  it('has each name once, whatever comes', () => {
    const entry = fc
      .tuple(fc.constantFrom('A', 'B', 'PATH', 'HOME'), fc.option(fc.string()))
      .map(([k, v]) => (v === null ? k : `${k}=${v}`));
    fc.assert(
      fc.property(fc.array(entry), (user) => {
        const names = env(user).map((line) => line.slice(0, line.indexOf('=')));
        expect(new Set(names).size).toBe(names.length);
        const last = user.findLast((line) => line.split('=')[0] === 'A');
        if (last !== undefined) expect(names.includes('A')).toBe(last.includes('='));
      }),
    );
  });
});

describe('capabilities', () => {
  const names = (add: string[], drop: string[], privileged = false) =>
    resolveCapabilities({ add, drop, privileged, last: 40 });

  it('are Docker’s fourteen', () => {
    expect(capabilityMask(names([], []), 40)).toBe(0xa80425fbn);
  });

  it('follow ALL in add and drop', () => {
    expect(names(['ALL'], [])).toHaveLength(41);
    expect(names(['all'], ['net_raw'])).not.toContain('CAP_NET_RAW');
    expect(names([], ['ALL'])).toEqual([]);
    expect(names(['CHOWN'], ['ALL'])).toEqual(['CAP_CHOWN']);
    expect(names(['SYS_TIME'], ['CAP_CHOWN'])).toContain('CAP_SYS_TIME');
    expect(names([], ['ALL'], true)).toHaveLength(41);
  });

  it('name the nearest for a slip', () => {
    expect(() => names(['NET_ADMINN'], [])).toThrow(
      expect.objectContaining({ code: 'RUNTIME_CAPABILITY', hint: 'Did you mean NET_ADMIN?' }),
    );
    expect(() => names([], ['qqq'])).toThrow(/^invalid CapDrop: unknown capability: "CAP_QQQ"/);
  });

  it('stay within what was asked and what exists', () => {
    const some = fc.array(fc.constantFrom('ALL', ...capabilityNames));
    fc.assert(
      fc.property(some, some, fc.integer({ min: 30, max: 40 }), (add, drop, last) => {
        const found = resolveCapabilities({ add, drop, privileged: false, last });
        for (const name of found) {
          expect(capabilityNames.indexOf(name as (typeof capabilityNames)[number])).toBeLessThanOrEqual(last);
          if (drop.includes(name as never))
            expect(add.includes(name as never) || add.includes('ALL')).toBe(true);
        }
      }),
    );
  });

  it('that the machine lacks are left out by name', () => {
    const machine = { ...machineV1, boundingSet: (1n << 41n) - 1n - (1n << 24n) };
    const input = specInput({ machine, hostConfig: { CapAdd: ['SYS_RESOURCE'] } });
    expect(generateSpec(input).process.capabilities?.bounding).not.toContain('CAP_SYS_RESOURCE');
    expect(specWarnings(input)).toEqual(['capabilities not available on this machine: CAP_SYS_RESOURCE']);
  });

  it('of a user other than root bound what a set-user-id program may get, no more', () => {
    const { capabilities } = spec({}, { user: { uid: 1, gid: 1, groups: [], home: '/' } }).process;
    expect(Object.keys(capabilities ?? {})).toEqual(['bounding']);
  });
});

describe('refusals', () => {
  it.each<[string, HostConfigInput, RegExp]>([
    [
      'sysctl of the host',
      { Sysctls: { 'vm.swappiness': '1' } },
      /"vm.swappiness" is not separate for a container/,
    ],
    [
      'net sysctl in the host’s network',
      { NetworkMode: 'host', Sysctls: { 'net.core.somaxconn': '1' } },
      /network namespace, which this container shares/,
    ],
    ['ipc sysctl in the host’s ipc', { IpcMode: 'host', Sysctls: { 'kernel.shmmax': '1' } }, /ipc namespace/],
    ['host name by sysctl', { Sysctls: { 'kernel.hostname': 'x' } }, /set by another option/],
    ['sysctl that climbs', { Sysctls: { 'net/../kernel/x': '1' } }, /not the name of a setting/],
    ['ulimit', { Ulimits: [{ Name: 'nofiles', Soft: 1, Hard: 1 }] }, /invalid ulimit type: nofiles/],
    ['ulimit order', { Ulimits: [{ Name: 'nofile', Soft: 2, Hard: 1 }] }, /2 > 1/],
    ['infinite soft limit', { Ulimits: [{ Name: 'core', Soft: -1, Hard: 1 }] }, /-1 > 1/],
    ['security option', { SecurityOpt: ['no-new-privs'] }, /invalid security option "no-new-privs"/],
    ['security option value', { SecurityOpt: ['no-new-privileges:maybe'] }, /neither true nor false/],
    ['seccomp file', { SecurityOpt: ['seccomp=/a.json'] }, /must be sent as its contents/],
    ['seccomp JSON', { SecurityOpt: ['seccomp={"x'] }, /is not JSON/],
    ['seccomp action', { SecurityOpt: ['seccomp={}'] }, /no defaultAction/],
    ['pid mode', { PidMode: 'none' }, /invalid PID mode: none/],
    ['joined pid', { PidMode: 'container:x' }, /container x: it is not running/],
    ['userns', { UsernsMode: 'remap' }, /invalid user namespace mode/],
    ['memory', { Memory: 1024 }, /Minimum memory limit allowed is 6MB/],
    ['swap', { Memory: 8e6, MemorySwap: 7e6 }, /Minimum memoryswap limit/],
    ['swap alone', { MemorySwap: 7e6 }, /always set the Memory limit/],
    ['cpus', { NanoCpus: 3e9 }, /only 2 CPUs available/],
    ['cpus and quota', { NanoCpus: 1e9, CpuQuota: 1000 }, /Conflicting options/],
    ['cpuset', { CpusetCpus: '0-' }, /invalid value 0- for cpuset/],
    ['weight', { BlkioWeight: 5 }, /from 10 to 1000/],
    ['block device', { BlkioDeviceReadBps: [{ Path: '/dev/x', Rate: 1 }] }, /\/dev\/x does not exist/],
    ['device rule', { DeviceCgroupRules: ['c 1:3'] }, /invalid device cgroup rule/],
    ['tmpfs option', { Tmpfs: { '/t': 'sise=1' } }, /invalid tmpfs option "sise=1"/],
    ['tmpfs on the root', { Tmpfs: { '/': '' } }, /destination can't be '\/'/],
    ['tmpfs target', { Tmpfs: { t: '' } }, /must be absolute/],
    ['oom score', { OomScoreAdj: 2000 }, /range for oom score adj/],
    ['cgroup parent', { CgroupParent: '/a/../../b' }, /leads upwards/],
  ])('%s', (_name, hostConfig, message) => {
    expect(() => spec(hostConfig)).toThrow(message);
  });

  it('of a place mounted twice', () => {
    const mounts = [{ type: 'bind', source: '/a', target: '/x/', readOnly: false }] as const;
    expect(() => spec({ Tmpfs: { '/x': '' } }, { mounts })).toThrow(/Duplicate mount point: \/x/);
  });

  it('of a relative working directory', () => {
    expect(() => generateSpec(specInput({ config: { Cmd: ['x'], WorkingDir: 'a/b' } }))).toThrow(
      /needs to be an absolute path/,
    );
  });
});

describe('mounts', () => {
  it('stand after everything that contains them', () => {
    const target = fc
      .array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 4 })
      .map((parts) => `/${parts.join('/')}`);
    fc.assert(
      fc.property(fc.uniqueArray(target, { maxLength: 12 }), (targets) => {
        const { mounts } = spec(
          {},
          { mounts: targets.map((one) => ({ type: 'bind', source: '/s', target: one, readOnly: false })) },
        );
        for (const [index, { destination }] of mounts.entries()) {
          for (const later of mounts.slice(index + 1))
            expect(destination.startsWith(`${later.destination}/`)).toBe(false);
        }
      }),
    );
  });

  it('of the user take the place of default ones', () => {
    const at = (hostConfig: HostConfigInput) =>
      spec(hostConfig).mounts.filter(({ destination }) => destination === '/dev/shm');
    expect(at({ Tmpfs: { '/dev/shm': 'size=1m' } })).toEqual([
      {
        destination: '/dev/shm',
        type: 'tmpfs',
        source: 'tmpfs',
        options: ['noexec', 'nosuid', 'nodev', 'size=1m'],
      },
    ]);
    expect(at({ IpcMode: 'none' })).toEqual([]);
  });

  it('on /dev leave the runtime’s own devices and mounts out', () => {
    const mounts = [{ type: 'bind', source: '/dev', target: '/dev', readOnly: false }] as const;
    expect(
      spec({}, { mounts }).mounts.filter(({ destination }) => destination.startsWith('/dev')),
    ).toHaveLength(1);
  });
});

describe('checkRequest', () => {
  it('throws at create what a start would, and takes for granted what only a start can tell', () => {
    const check = (hostConfig: HostConfigInput) => checkRequest({ Cmd: [] }, hostConfig, machineV1);
    expect(() => check({ CapAdd: ['NOPE'] })).toThrow(/unknown capability/);
    expect(() => check({ Sysctls: { 'vm.x': '1' } })).toThrow(/not separate/);
    expect(check({ SecurityOpt: ['apparmor=x'] })).toHaveLength(1);
    const later = {
      PidMode: 'container:x',
      BlkioDeviceReadBps: [{ Path: '/dev/x', Rate: 1 }],
      SecurityOpt: ['seccomp=/x.json'],
    };
    expect(check(later)).toEqual([]);
  });
});

describe('warnings', () => {
  it('name what is not supported', () => {
    const hostConfig = {
      SecurityOpt: ['label=disable'],
      OomKillDisable: true,
      MemorySwappiness: 5,
    };
    expect(specWarnings(specInput({ hostConfig, machine: machineV2 }))).toEqual([
      expect.stringContaining('label=disable is ignored'),
      expect.stringContaining('oom_kill_disable is ignored'),
      expect.stringContaining('mem_swappiness is ignored'),
    ]);
    expect(specWarnings(specInput())).toEqual([]);
  });
});
