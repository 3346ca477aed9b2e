import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { createRegistryClient } from '../../../src/registry/client.ts';
import { resolveTag } from '../../../src/registry/content/fetch-manifest.ts';
import { defaultRegistrySettings } from '../../../src/registry/settings/registry-settings.ts';

let server: Server | undefined;
afterEach(() => server?.close());

it('a host that needs no TLS and has none is spoken to so at once the next time', async () => {
  let asked = 0;
  let garbage = 0;
  let status = 200;
  server = createServer((_, answer) => {
    asked++;
    answer.writeHead(status, { 'docker-content-digest': `sha256:${'1'.repeat(64)}` }).end();
  });
  server.on('clientError', (_, socket) => {
    garbage++;
    socket.destroy();
  });
  await new Promise<void>((listening) => server!.listen(0, '127.0.0.1', listening));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = createRegistryClient({
    settings: () => defaultRegistrySettings,
    certificates: () => ({ directories: [], bundles: [] }),
    now: () => 0,
    userAgent: 'test',
  });
  const look = async () => {
    const { main } = client.open(host, { credentials: {}, proxies: {}, notice: () => undefined });
    const { signal } = new AbortController();
    await resolveTag(main, { path: 'a', reference: '1', what: 'a:1', scopes: [], signal });
  };
  await look();
  expect([asked, garbage]).toEqual([1, 1]);
  await look();
  expect([asked, garbage]).toEqual([2, 1]);
  // As a server of TLS answers to what is none.
  status = 400;
  await look();
  await look();
  expect([asked, garbage]).toEqual([4, 2]);
  client.close();
});
