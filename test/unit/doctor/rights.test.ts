import { constants } from 'node:os';
import { describe, expect, it } from 'vitest';
import { exitCode } from '../../../src/doctor/examine.ts';
import { topics } from '../../../src/doctor/finding.ts';
import { ann, findings, healthy, root, works, wrong } from './machine.ts';

const { EPERM, EACCES, ENOSPC } = constants.errno;

describe('a machine on which nothing is wrong', () => {
  it.each([
    ['root', root],
    ['a user', ann],
  ])('is found to be in order by %s', (_, ground) => {
    expect(wrong(ground, {})).toEqual([]);
    expect(exitCode(findings(ground, {}))).toBe(0);
  });

  it('is looked at in the order of the topics, those that are no matter of root’s left out', () => {
    const seen = (ground: typeof root) => [...new Set(findings(ground, {}).map(({ topic }) => topic))];
    expect(seen(ann)).toEqual(topics.filter((topic) => topic !== 'others'));
    expect(seen(root)).toEqual(topics.filter((topic) => !['sub-ids', 'outside', 'others'].includes(topic)));
  });
});

describe('kernel', () => {
  it('has to be new enough, as Node has, on a processor that there is an engine for', () => {
    expect(wrong(root, { kernel: { release: '5.11.22' } })).toMatchObject([
      { level: 'missing', id: 'kernel.version', message: expect.stringContaining('5.12') },
    ]);
    expect(wrong(root, { kernel: { release: '5.12.0' } })).toEqual([]);
    expect(wrong(root, { kernel: { node: '20.18.9' } })).toMatchObject([{ id: 'kernel.node' }]);
    expect(wrong(root, { kernel: { arch: 'riscv64' } })).toMatchObject([{ id: 'kernel.architecture' }]);
  });
});

describe('namespaces', () => {
  it.each([
    ['user.max_user_namespaces', { maxUser: '0' }, 'user.max_user_namespaces = 15000'],
    ['kernel.unprivileged_userns_clone', { debianClone: '0' }, 'kernel.unprivileged_userns_clone = 1'],
    ['apparmor', { appArmor: '1' }, 'profile tcompose /opt/shim flags=(unconfined) { userns, }'],
  ])('refused to a user because of %s are told with the command that changes it', (_, setting, fix) => {
    const probe = { ...works, user: EPERM };
    const found = wrong(ann, { namespaces: { probe, ...setting } });
    expect(found).toMatchObject([{ level: 'missing', id: 'namespaces.user' }]);
    expect(found[0]!.fix).toContain(fix);
    expect(found[0]!.fix).toContain('sudo ');
    // Root needs none.
    expect(wrong(root, { namespaces: { ...setting } })).toEqual([]);
  });

  it('that can be made but hold no right, as under Ubuntu’s AppArmor, count as refused', () => {
    for (const probe of [
      { ...works, map: EACCES },
      { ...works, mnt: EPERM },
    ])
      expect(wrong(ann, { namespaces: { probe, appArmor: '1' } })).toMatchObject([
        { id: 'namespaces.user', fix: expect.stringContaining('apparmor_parser -r') },
      ]);
  });

  it('refused without a setting that says why are somebody else’s to allow: no command', () => {
    const [found] = wrong(ann, { namespaces: { probe: { ...works, user: EPERM } } });
    expect(found).toMatchObject({ level: 'missing', message: expect.stringContaining('EPERM') });
    expect(found!.fix).toBeUndefined();
  });

  it('can’t be made where as many exist as a setting allows, which is named', () => {
    const user = wrong(ann, { namespaces: { probe: { ...works, user: ENOSPC }, maxUser: '20000' } });
    expect(user).toMatchObject([
      {
        id: 'namespaces.user',
        message: expect.stringContaining('user.max_user_namespaces allows (20000)'),
        fix: expect.stringContaining('user.max_user_namespaces = 40000'),
      },
    ]);
    expect(wrong(root, { namespaces: { probe: { ...works, net: ENOSPC } } })).toMatchObject([
      {
        id: 'namespaces.kinds',
        message: expect.stringContaining('user.max_net_namespaces'),
        fix: expect.stringContaining('user.max_net_namespaces = 15000'),
      },
    ]);
  });

  it('of other kinds are needed by root too, and a /proc', () => {
    expect(wrong(root, { namespaces: { probe: { ...works, net: EPERM, pid: EPERM } } })).toMatchObject([
      { id: 'namespaces.kinds', message: expect.stringContaining('network (EPERM), process (EPERM)') },
    ]);
    expect(wrong(root, { namespaces: { probe: { ...works, proc: EPERM } } })).toMatchObject([
      { id: 'namespaces.proc', message: expect.stringContaining('systempaths=unconfined') },
    ]);
    expect(wrong(root, { namespaces: { probe: undefined } })).toMatchObject([{ id: 'namespaces.probe' }]);
  });
});

describe('sub-ids', () => {
  const none = { own: '', all: 'bob:100000:65536\n' };

  it('that are missing come with the command for the next free range', () => {
    expect(wrong(ann, { 'sub-ids': { subuid: none, subgid: none } })).toEqual([
      {
        topic: 'sub-ids',
        id: 'sub-ids.range',
        level: 'limited',
        message: expect.stringContaining('/etc/subuid has no ids for ann'),
        fix: 'sudo usermod --add-subuids 165536-231071 --add-subgids 165536-231071 ann',
      },
    ]);
    expect(wrong(ann, { 'sub-ids': { subgid: none } })[0]!.message).toContain('/etc/subgid');
  });

  it('are not given by a line that newuidmap does not take, which is shown', () => {
    const text = 'ann:100000:65536\r\n';
    const [found] = wrong(ann, { 'sub-ids': { subuid: { own: text, all: text } } });
    expect(found!.message).toContain(String.raw`its line "ann:100000:65536\r" is not name:first:count`);
  });

  it('count once where lines overlap', () => {
    const text = 'ann:100000:40000\nann:100000:40000\n';
    expect(wrong(ann, { 'sub-ids': { subuid: { own: text, all: text } } })[0]!.message).toContain(
      'ann has 40000 ids',
    );
  });

  it('cannot be given inside of a namespace of a single id', () => {
    const uidMap = '         0       1000          1\n';
    const [found] = wrong(ann, { 'sub-ids': { subuid: none, subgid: none, uidMap } });
    expect(found!.message).toContain('a user namespace of 1 ids');
    expect(found!.fix).toBeUndefined();
  });

  it('have to be in the namespace that they are given on in', () => {
    const uidMap = '         0          0      65536\n    200000     200000      65536\n';
    expect(wrong(ann, { 'sub-ids': { uidMap } })).toMatchObject([
      { id: 'sub-ids.range', message: expect.stringContaining('without the ids 100000-165535') },
    ]);
    const own = 'ann:200000:65536';
    const given = { own, all: own };
    expect(wrong(ann, { 'sub-ids': { uidMap, subuid: given, subgid: given } })).toEqual([]);
  });

  it('that are too few for nobody are told', () => {
    const few = { own: 'ann:100000:1000', all: 'ann:100000:1000' };
    expect(wrong(ann, { 'sub-ids': { subuid: few } })).toMatchObject([
      { id: 'sub-ids.range', message: expect.stringContaining('65534') },
    ]);
  });

  it('need programs with the right to give them', () => {
    expect(wrong(ann, { 'sub-ids': { newuidmap: undefined, newgidmap: undefined } })).toMatchObject([
      { id: 'sub-ids.programs', fix: 'sudo apt-get install -y uidmap' },
    ]);
    const weak = { path: '/bin/newgidmap', setuid: false, capabilities: '' };
    expect(wrong(ann, { 'sub-ids': { newgidmap: weak } })).toMatchObject([
      { id: 'sub-ids.programs', fix: 'sudo setcap cap_setgid=ep /bin/newgidmap' },
    ]);
    const capable = { ...weak, capabilities: '/bin/newgidmap cap_setgid=ep' };
    expect(wrong(ann, { 'sub-ids': { newgidmap: capable } })).toEqual([]);
    expect(wrong(ann, { 'sub-ids': { newgidmap: { ...weak, capabilities: undefined } } })).toEqual([]);
    expect(wrong(ann, { 'sub-ids': { noNewPrivileges: true } })).toMatchObject([
      { message: expect.stringContaining('no_new_privs') },
    ]);
  });

  it('that are somebody else’s, or a real account’s, are told', () => {
    const all = 'ann:100000:65536\nbob:150000:65536';
    expect(wrong(ann, { 'sub-ids': { subuid: { own: 'ann:100000:65536', all } } })).toMatchObject([
      { id: 'sub-ids.overlap', message: expect.stringContaining('bob') },
    ]);
    const passwd = 'eve:x:100001:100001::/home/eve:/bin/sh\n';
    expect(wrong(ann, { 'sub-ids': { passwd } })).toMatchObject([
      { id: 'sub-ids.overlap', message: expect.stringContaining('account eve') },
    ]);
  });
});

describe('cgroups', () => {
  const v1 = { kind: 'v1', mounts: {} } as const;
  const layout = { ...healthy.cgroups.layout, controllers: ['memory', 'pids'] };

  it('without a controller are a limit of what is held, never more', () => {
    expect(wrong(root, { cgroups: { layout } })).toMatchObject([
      { level: 'limited', message: expect.stringContaining('without cpu, cpuset, io') },
    ]);
    expect(wrong(root, { cgroups: { layout: v1 } })).toMatchObject([{ id: 'cgroups.layout' }]);
    expect(wrong(root, { cgroups: { layout: { kind: 'none', reason: 'none are mounted' } } })).toMatchObject([
      { level: 'limited' },
    ]);
  });

  it('that a user has to ask for, or has named himself, are told with what is in the way', () => {
    const none = { delegated: undefined };
    expect(wrong(ann, { cgroups: { ...none, unasked: 'bus' } })).toMatchObject([
      { id: 'cgroups.delegated', level: 'limited', fix: 'export XDG_RUNTIME_DIR=/run/user/1000' },
    ]);
    const [deaf] = wrong(ann, { cgroups: { ...none, unasked: 'systemd-run' } });
    expect(deaf?.message).toContain('there is no systemd-run on PATH');
    const [named] = wrong(ann, { cgroups: { ...none, named: '/jobs/7' } });
    expect(named).toMatchObject({
      message: expect.stringContaining('/jobs/7'),
      fix: 'unset TCOMPOSE_CGROUP',
    });
  });

  it('that are not delegated to a user come with systemd’s drop-in, where systemd is', () => {
    const fix = expect.stringContaining('Delegate=cpu cpuset io memory pids');
    expect(wrong(ann, { cgroups: { delegated: undefined } })).toMatchObject([{ level: 'limited', fix }]);
    const part = { path: '/x', controllers: ['memory', 'pids'] };
    expect(wrong(ann, { cgroups: { delegated: part } })).toMatchObject([
      { fix, message: expect.stringContaining('without cpu, cpuset, io') },
    ]);
    const [without] = wrong(ann, { cgroups: { delegated: undefined, systemd: false } });
    expect(without!.fix).toBeUndefined();
    const [old] = wrong(ann, { cgroups: { delegated: undefined, layout: v1 } });
    expect(old).toMatchObject({ message: expect.stringContaining('v1') });
  });
});
