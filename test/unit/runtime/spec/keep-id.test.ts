import { describe, expect, it } from 'vitest';
import { keptId } from '../../../../src/runtime/spec/keep-id.ts';
import { generateSpec } from '../../../../src/runtime/spec/oci-spec.ts';
import type { HostConfigInput, MachineFacts } from '../../../../src/runtime/spec/spec-input.ts';
import { machineV2, specInput } from '../machines.ts';

const ids = { owner: { uid: 1000, gid: 100 }, users: [1, 65_536], groups: [1, 65_536] };
const machine: MachineFacts = { ...machineV2, userNamespace: true, namespaceIds: ids };
const spec = (hostConfig: HostConfigInput, facts = machine) =>
  generateSpec(specInput({ hostConfig, machine: facts }));

describe('user namespace modes', () => {
  it.each([undefined, '', 'host'])('%s is the engine’s own namespace', (mode) => {
    expect(keptId(mode, { namespaceIds: ids })).toBeUndefined();
  });

  it.each([
    ['keep-id', 1000, 100],
    ['keep-id:uid=7,gid=8', 7, 8],
    ['keep-id:gid=8', 1000, 8],
    ['keep-id:uid=0,gid=0', 0, 0],
    ['keep-id:uid=65536', 65_536, 100],
  ])('%s: the owner is %d:%d', (mode, uid, gid) => {
    expect(keptId(mode, { namespaceIds: ids })).toMatchObject({ uid, gid });
  });

  it('becomes a namespace with maps in which the owner has the place of root', () => {
    const { linux } = spec({ UsernsMode: 'keep-id' });
    expect(linux.namespaces).toContainEqual({ type: 'user' });
    expect(linux.uidMappings).toEqual([
      { containerID: 0, hostID: 1000, size: 1 },
      { containerID: 1, hostID: 1, size: 999 },
      { containerID: 1000, hostID: 0, size: 1 },
      { containerID: 1001, hostID: 1001, size: 64_536 },
    ]);
    expect(linux.gidMappings?.[0]).toEqual({ containerID: 0, hostID: 100, size: 1 });
  });

  it.each<[string, HostConfigInput, RegExp]>([
    ['an option', { UsernsMode: 'keep-id:size=5' }, /invalid option "size=5"/],
    ['no number', { UsernsMode: 'keep-id:uid=x' }, /invalid option "uid=x"/],
    [
      'an id twice',
      { UsernsMode: 'keep-id:uid=1,gid=1,uid=2' },
      /mode keep-id:uid=1,gid=1,uid=2 has uid twice/,
    ],
    ['nothing behind the colon', { UsernsMode: 'keep-id:' }, /invalid option ""/],
    ['another word', { UsernsMode: 'nomap' }, /invalid user namespace mode: nomap/],
    ['an id too many', { UsernsMode: 'keep-id:uid=65537' }, /user id 65537 .* you have ids up to 65536/],
    [
      'another container’s network',
      { UsernsMode: 'keep-id', NetworkMode: 'container:x' },
      /cannot be had with the network namespace of another container/,
    ],
  ])('refuses %s', (_name, hostConfig, message) => {
    expect(() => generateSpec(specInput({ hostConfig, machine, joined: { network: 1 } }))).toThrow(message);
  });

  it('refuses with one id, and to root', () => {
    const one = { ...machine, namespaceIds: { ...ids, users: [1], groups: [1] } };
    expect(() => spec({ UsernsMode: 'keep-id' }, one)).toThrow(/you have no ids but your own/);
    expect(() => spec({ UsernsMode: 'keep-id' }, machineV2)).toThrow(/root owns this one/);
  });
});
