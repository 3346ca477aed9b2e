import { describe, expect, it } from 'vitest';
import { checkSpec } from '../../../../src/runtime/spec/check/check-spec.ts';
import { configShape } from '../../../../src/runtime/spec/check/config-shape.ts';
import type { OciNamespaceType, OciSpec } from '../../../../src/runtime/spec/oci-types.ts';

interface More {
  readonly without?: readonly OciNamespaceType[];
  readonly spec?: object;
  readonly process?: object;
  readonly linux?: object;
  readonly mount?: object;
}

const all: readonly OciNamespaceType[] = ['mount', 'pid', 'network', 'ipc', 'uts', 'cgroup'];

function specOf({ without = [], ...more }: More): OciSpec {
  return {
    ociVersion: '1.2.0',
    process: { args: ['true'], cwd: '/', env: [], user: { uid: 0, gid: 0 }, ...more.process },
    root: { path: '/rootfs' },
    mounts: more.mount === undefined ? [] : [{ destination: '/x', type: 'tmpfs', ...more.mount }],
    linux: {
      namespaces: all.filter((type) => !without.includes(type)).map((type) => ({ type })),
      ...more.linux,
    },
    ...more.spec,
  };
}

describe('checkSpec', () => {
  it.each<[string, More, RegExp]>([
    ['a host name', { without: ['uts'], spec: { hostname: 'evil' } }, /hostname .*uts namespace/],
    ['a domain name', { without: ['uts'], spec: { domainname: 'evil' } }, /domainname .*uts namespace/],
    [
      'a network sysctl',
      { without: ['network'], linux: { sysctl: { 'net.ipv4.ip_forward': '1' } } },
      /"net.ipv4.ip_forward" belongs to the network namespace/,
    ],
    [
      'a network sysctl written with slashes',
      { without: ['network'], linux: { sysctl: { 'net/ipv4/ip_forward': '1' } } },
      /belongs to the network namespace/,
    ],
    [
      'a message queue sysctl',
      { without: ['ipc'], linux: { sysctl: { 'kernel.msgmax': '9000' } } },
      /belongs to the ipc namespace/,
    ],
    [
      'a POSIX queue sysctl',
      { without: ['ipc'], linux: { sysctl: { 'fs.mqueue.msg_max': '9' } } },
      /belongs to the ipc namespace/,
    ],
    [
      'the domain name as a sysctl',
      { without: ['uts'], linux: { sysctl: { 'kernel.domainname': 'evil' } } },
      /belongs to the uts namespace/,
    ],
    [
      'a sysctl of the whole machine',
      { linux: { sysctl: { 'kernel.core_pattern': '|/evil' } } },
      /would change the whole machine/,
    ],
    [
      'a sysctl that leads elsewhere',
      { linux: { sysctl: { 'net/../kernel/core_pattern': '|/evil' } } },
      /not the name of a setting/,
    ],
    ['mounts', { without: ['mount'] }, /no mount namespace/],
    [
      'network devices',
      { without: ['network'], linux: { netDevices: { eth0: {} } } },
      /netDevices .*network namespace/,
    ],
    ['clock offsets', { linux: { timeOffsets: { monotonic: { secs: 1 } } } }, /timeOffsets .*time namespace/],
    [
      'user mappings',
      { linux: { uidMappings: [{ containerID: 0, hostID: 1, size: 1 }] } },
      /uidMappings .*user namespace/,
    ],
    [
      'group mappings',
      { linux: { gidMappings: [{ containerID: 0, hostID: 1, size: 1 }] } },
      /gidMappings .*user namespace/,
    ],
  ])('refuses %s of a namespace that is not the container’s', (_what, more, message) => {
    expect(() => checkSpec(specOf(more))).toThrow(message);
  });

  it.each<[string, More, RegExp]>([
    [
      'a namespace named twice',
      { linux: { namespaces: [{ type: 'mount' }, { type: 'pid' }, { type: 'pid', path: '/x' }] } },
      /names the pid namespace twice/,
    ],
    [
      'an unknown namespace',
      { linux: { namespaces: [{ type: 'mount' }, { type: 'dream' }] } },
      /"dream", which is not one of mount, pid/,
    ],
    [
      'a relative namespace path',
      { linux: { namespaces: [{ type: 'mount' }, { type: 'uts', path: 'ns/uts' }] } },
      /ns\/uts of the uts namespace is not absolute/,
    ],
    [
      'a user namespace without mappings',
      { linux: { namespaces: [{ type: 'mount' }, { type: 'user' }] } },
      /asks for a user namespace/,
    ],
    ['an SELinux label', { process: { selinuxLabel: 'a:b:c' } }, /no SELinux labels/],
    ['an SELinux label of mounts', { linux: { mountLabel: 'a:b:c' } }, /no SELinux labels/],
    ['an AppArmor profile', { process: { apparmorProfile: 'strict' } }, /AppArmor profiles are not set/],
    ['an Intel RDT class', { linux: { intelRdt: { closID: 'x' } } }, /resctrl/],
    ['a memory policy', { linux: { memoryPolicy: { mode: 'MPOL_BIND' } } }, /NUMA policies/],
    [
      'an unknown root propagation',
      { linux: { rootfsPropagation: 'upwards' } },
      /"upwards", which is not one/,
    ],
    ['huge page limits', { linux: { resources: { hugepageLimits: [{}] } } }, /limits of huge pages/],
    ['packet classes', { linux: { resources: { network: { classID: 7 } } } }, /resources.network.classID/],
    [
      'an unknown seccomp flag',
      { linux: { seccomp: { defaultAction: 'SCMP_ACT_ALLOW', flags: ['MAGIC'] } } },
      /"MAGIC", which is not one of SECCOMP_FILTER_FLAG_TSYNC/,
    ],
    [
      'a seccomp listener',
      { linux: { seccomp: { defaultAction: 'SCMP_ACT_ALLOW', listenerPath: '/x' } } },
      /listenerPath is set/,
    ],
    ['an unknown device type', { linux: { devices: [{ path: '/dev/x', type: 'z' }] } }, /type of \/dev\/x/],
    ['an unknown scheduler', { process: { scheduler: { policy: 'SCHED_MAGIC' } } }, /"SCHED_MAGIC"/],
    ['an unknown I/O class', { process: { ioPriority: { class: 'FAST' } } }, /ioPriority.class is "FAST"/],
    ['an unknown personality', { linux: { personality: { domain: 'BSD' } } }, /personality.domain is "BSD"/],
    ['processors that are none', { process: { execCPUAffinity: { final: '3-1' } } }, /3-1, not a list/],
    [
      'a clock that is not kept apart',
      { linux: { namespaces: [{ type: 'mount' }, { type: 'time' }], timeOffsets: { realtime: {} } } },
      /"realtime", which is not one of monotonic, boottime/,
    ],
    [
      'a hook by a relative path',
      { spec: { hooks: { poststop: [{ path: 'x' }] } } },
      /poststop\[0\].path is x/,
    ],
    ['a hook without time', { spec: { hooks: { prestart: [{ path: '/x', timeout: 0 }] } } }, /not above 0/],
    [
      'an option a bind does not have',
      { mount: { type: 'bind', options: ['size=1'] } },
      /not an option of a bind/,
    ],
    [
      'a setting of a file system in a bind',
      { mount: { options: ['bind', 'sync'] } },
      /option sync .*of a bind/,
    ],
    ['a copy into a bind', { mount: { type: 'bind', options: ['tmpcopyup'] } }, /is for a tmpfs/],
    ['other owners in a tmpfs', { mount: { options: ['idmap'] } }, /neither the mount nor the container/],
    [
      'half a mapping',
      { mount: { type: 'bind', uidMappings: [{ containerID: 0, hostID: 1, size: 1 }] } },
      /needs both/,
    ],
    ['a remount', { mount: { options: ['remount', 'ro'] } }, /option remount .*\/x/],
    ['an OOM score out of range', { process: { oomScoreAdj: 2000 } }, /2000, not between/],
    [
      'a limit set twice',
      {
        process: {
          rlimits: [
            { type: 'RLIMIT_CORE', soft: 1, hard: 1 },
            { type: 'RLIMIT_CORE', soft: 2, hard: 2 },
          ],
        },
      },
      /sets RLIMIT_CORE twice/,
    ],
  ])('refuses %s', (_what, more, message) => {
    expect(() => checkSpec(specOf(more))).toThrow(message);
  });

  it('takes settings of namespaces that the container has, new or joined', () => {
    const namespaces = [
      { type: 'mount' },
      { type: 'uts' },
      { type: 'network', path: '/proc/7/ns/net' },
      { type: 'ipc' },
    ];
    const sysctl = { 'net.ipv4.ip_forward': '1', 'kernel.msgmax': '9000', 'kernel.domainname': 'd' };
    checkSpec(specOf({ spec: { hostname: 'h', domainname: 'd' }, linux: { namespaces, sysctl } }));
  });
});

describe('configShape', () => {
  const whole = specOf({ linux: { resources: { pids: { limit: -1 } } } });

  it('takes a whole configuration, and properties it does not know', () => {
    configShape(whole, '');
    configShape({ ...whole, unknown: { a: 1 }, linux: { ...whole.linux, unknown: [] } }, '');
  });

  it.each<[object, RegExp]>([
    [{ process: { ...whole.process, args: 'true' } }, /process.args is "true", not a list/],
    [{ process: { ...whole.process, args: ['a\0b'] } }, /process.args\[0\] is .*not a text without NUL/],
    [{ process: { cwd: '/' } }, /process.args is missing/],
    [{ process: { ...whole.process, user: { uid: -1 } } }, /process.user.uid is -1, not a number from 0/],
    [{ mounts: [{ type: 'tmpfs' }] }, /mounts\[0\].destination is missing/],
    [{ linux: { namespaces: {} } }, /linux.namespaces is \{\}, not a list/],
    [{ linux: { sysctl: { 'net.x': 1 } } }, /linux.sysctl.net.x is 1, not a text/],
    [{ hooks: { prestart: [{ path: '/x', timeout: 0.5 }] } }, /hooks.prestart\[0\].timeout is 0.5/],
    [{ linux: { resources: { pids: {} } } }, /linux.resources.pids.limit is missing/],
    [{ root: undefined }, /root is missing/],
  ])('names what is of another kind: %j', (change, message) => {
    expect(() => configShape({ ...whole, ...change }, '')).toThrow(message);
  });
});
