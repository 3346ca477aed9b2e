import { expect, test } from 'vitest';
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
