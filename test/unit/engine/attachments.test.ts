import { expect, it } from 'vitest';
import { gatewayNetwork, linkedNames } from '../../../src/engine/containers/attachments.ts';
import type { Container } from '../../../src/engine/containers/container.ts';

const attachments = (...priorities: (number | undefined)[]) =>
  Object.fromEntries(
    priorities.map((priority, at) => [
      `n${at}`,
      { networkId: `id${at}`, settings: priority === undefined ? {} : { GwPriority: priority } },
    ]),
  );

it.each([
  [[undefined, undefined], undefined],
  [[undefined, 1], 'id1'],
  [[2, 1], 'id0'],
  [[-1, undefined], 'id1'],
  [[-3, -2, -2], 'id1'],
  [[5, 5], undefined],
  [[], undefined],
] as const)('the gateway of priorities %j', (priorities, expected) =>
  expect(gatewayNetwork(attachments(...priorities))).toBe(expected),
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
