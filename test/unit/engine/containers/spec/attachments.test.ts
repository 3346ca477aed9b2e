import { describe, expect, it } from 'vitest';
import type { Container } from '../../../../../src/engine/containers/container.ts';
import {
  aliasesOf,
  gatewayOrder,
  linkedNames,
  networkMode,
  planAttachments,
} from '../../../../../src/engine/containers/spec/attachments.ts';
import type { NetworkRecord } from '../../../../../src/network/types.ts';

const attachments = (...priorities: (number | undefined)[]) =>
  Object.fromEntries(
    priorities.map((priority, at) => [
      `n${at}`,
      { networkId: `id${at}`, settings: priority === undefined ? {} : { GwPriority: priority } },
    ]),
  );

it.each([
  [
    [undefined, undefined],
    ['id0', 'id1'],
  ],
  [
    [undefined, 1],
    ['id1', 'id0'],
  ],
  [
    [2, 1],
    ['id0', 'id1'],
  ],
  [
    [-1, undefined],
    ['id1', 'id0'],
  ],
  [
    [-3, -2, -2],
    ['id1', 'id2', 'id0'],
  ],
  [[], []],
] as const)('the order of gateways of priorities %j', (priorities, expected) =>
  expect(gatewayOrder(attachments(...priorities))).toEqual(expected),
);

it('links are names for containers, by name or id, there or not', () => {
  const container = {
    hostConfig: { Links: ['/db:/web/store', 'aabb:cache'] },
    mutable: { attachments: { n: { networkId: 'n', settings: { Links: ['queue:mq', 'later'] } } } },
  } as unknown as Container;
  const nameOf = (reference: string) => ({ db: 'db', aabb: 'redis' })[reference];
  expect(linkedNames(container, nameOf)).toEqual({
    store: 'db',
    cache: 'redis',
    mq: 'queue',
    later: 'later',
  });
});

describe('networks', () => {
  const network = (name: string, driver: NetworkRecord['driver'] = 'bridge') =>
    ({ id: `id-${name}`, name, driver }) as NetworkRecord;
  const need = (name: string) => network(name, name === 'host' || name === 'none' ? name : 'bridge');

  it('read the mode', () => {
    expect(networkMode('default')).toEqual({ kind: 'networks', first: 'bridge' });
    expect(networkMode('container:x')).toEqual({ kind: 'container', reference: 'x' });
    expect(networkMode('none')).toEqual({ kind: 'none' });
  });

  it('take the mode’s network first, the others after it', () => {
    const plan = planAttachments(
      { NetworkMode: 'front' },
      { EndpointsConfig: { back: { Aliases: ['b'] }, front: { GwPriority: 1 } } },
      '02:00:00:00:00:01',
      need,
    );
    expect(Object.keys(plan)).toEqual(['front', 'back']);
    expect(plan.front?.settings.MacAddress).toBe('02:00:00:00:00:01');
    expect(gatewayOrder(plan)[0]).toBe('id-front');
    expect(() =>
      planAttachments({ NetworkMode: 'host' }, { EndpointsConfig: { back: {} } }, undefined, need),
    ).toThrow('conflicting options');
  });

  it.each(['k$7', '02:00:00:00:00', '01:00:5e:00:00:01', '00:00:00:00:00:00', '02-00-00-00-00-01'])(
    'refuse the MAC address %s before anything is made',
    (address) => {
      expect(() => planAttachments({ NetworkMode: 'front' }, undefined, address, need)).toThrow(
        `invalid MAC address: ${address}`,
      );
    },
  );

  it.each(['a/b', 'a b', 'lo', '..', 'sixteen-letters-'])('refuse the interface name %s', (name) => {
    const settings = { DriverOpts: { 'com.docker.network.endpoint.ifname': name } };
    expect(() =>
      planAttachments({ NetworkMode: 'front' }, { EndpointsConfig: { front: settings } }, undefined, need),
    ).toThrow(`invalid interface name: ${name}`);
  });

  it('give a container its names, lower case and once', () => {
    const id = 'a'.repeat(64);
    expect(aliasesOf({ id, name: 'Web-1' }, { Aliases: ['web', 'WEB'] }, 'aaaaaaaaaaaa')).toEqual([
      'web-1',
      'web',
      'aaaaaaaaaaaa',
    ]);
  });
});
