import { expect, test } from 'vitest';
import type { EngineClient } from '../../../../src/engine/client/engine-client.ts';
import { TcomposeError } from '../../../../src/errors.ts';
import { takenPort, withPortHolder } from '../../../../src/project/execute/taken-port.ts';

test.each([
  [
    'Error starting userland proxy: listen tcp4 0.0.0.0:8080: bind: address already in use',
    'tcp',
    '0.0.0.0',
    8080,
  ],
  ['listen udp [::1]:53: bind: address already in use', 'udp', '::1', 53],
  ['(a0c3): Bind for 0.0.0.0:18099 failed: port is already allocated', undefined, '0.0.0.0', 18099],
  [
    'failed to bind host port for 127.0.0.1:80:172.17.0.2:80/tcp: address already in use',
    undefined,
    '127.0.0.1',
    80,
  ],
  ['failed to bind host port [::]:80/tcp: address already in use', undefined, '::', 80],
])('%s', (message, protocol, address, port) => {
  expect(takenPort(message)).toEqual({ protocol, address, port });
});

test('who has the port is added to a refusal, and to nothing else', async () => {
  const client = {
    containers: {
      list: async () => [{ Id: 'i', Names: ['/shop-web-1'], Ports: [{ PublicPort: 80, Type: 'tcp' }] }],
    },
    transport: { endpoint: { kind: 'tcp' } },
  } as unknown as EngineClient;
  const refusal = (message: string) => new TcomposeError('ENGINE_API', message);
  expect(
    await withPortHolder(client, refusal('Bind for 0.0.0.0:80 failed: port is already allocated')),
  ).toMatchObject({
    message: 'Bind for 0.0.0.0:80 failed: port is already allocated',
    hint: 'container shop-web-1 has port 80: stop it, or publish another port.',
  });
  for (const other of [
    refusal('no such image'),
    refusal('Bind for 0.0.0.0:81 failed: port is already allocated'),
    new Error('x'),
  ])
    expect(await withPortHolder(client, other)).toBe(other);
});
