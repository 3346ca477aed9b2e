import { expect, test } from 'vitest';
import { apiError } from '../../../../src/engine/client/api-failure.ts';
import type { EngineClient } from '../../../../src/engine/client/engine-client.ts';
import { createNetworkOnce } from '../../../../src/project/execute/create-once.ts';

test.each([
  [{ Id: '1', Warning: 'one\ntwo' }, ['one', 'two']],
  [{ Id: '1', Warning: '' }, []],
  [{ Id: '1' }, []],
])('what the engine warns of at %j is told', async (answer, warnings) => {
  const client = { networks: { create: async () => answer } } as unknown as EngineClient;
  expect(await createNetworkOnce(client, { Name: 'n' })).toEqual({ Id: '1', warnings });
});

test('what another command is making at this moment is waited for', async () => {
  const refusal = apiError(409, 'POST /networks/create', '');
  let looks = 0;
  const client = {
    networks: {
      create: async () => Promise.reject(refusal),
      inspect: async () => {
        looks += 1;
        if (looks < 3) throw apiError(404, 'GET /networks/n', '');
        return { Id: 'theirs', Labels: {} };
      },
    },
  } as unknown as EngineClient;
  expect(await createNetworkOnce(client, { Name: 'n' })).toEqual({ Id: 'theirs', warnings: [] });
  expect(looks).toBe(3);
});
