import { expect, test } from 'vitest';
import { apiError } from '../../../../src/engine/client/api-failure.ts';
import type { EngineClient } from '../../../../src/engine/client/engine-client.ts';
import { createContainerOnce, createNetworkOnce } from '../../../../src/project/execute/create-once.ts';

const conflict = () => apiError(409, 'POST /create', '{"message": "the name is taken"}');
const refusing = (found: object) =>
  ({
    networks: { create: () => Promise.reject(conflict()), inspect: async () => found },
    containers: { create: () => Promise.reject(conflict()), inspect: async () => found },
  }) as unknown as EngineClient;
const Labels = { project: 'shop', hash: '1' };

test('a network that another command has just made of the same configuration is taken', async () => {
  const body = { Name: 'n', Labels };
  const existing = { Id: 'theirs', Labels: { ...Labels, more: '' } };
  expect(await createNetworkOnce(refusing(existing), body)).toMatchObject({ Id: 'theirs' });
  await expect(
    createNetworkOnce(refusing({ Id: 'theirs', Labels: { ...Labels, hash: '2' } }), body),
  ).rejects.toThrow('taken');
});

test('so is a container, when nothing is added to it after its creation', async () => {
  const body = { Image: 'i', Labels };
  const client = refusing({ Id: 'theirs', Config: { Labels } });
  expect(await createContainerOnce(client, 'c', body, undefined, true)).toEqual({
    Id: 'theirs',
    Warnings: [],
  });
  await expect(createContainerOnce(client, 'c', body, undefined, false)).rejects.toThrow('taken');
});
