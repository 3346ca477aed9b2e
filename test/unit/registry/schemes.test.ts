import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createRegistryClient, type RegistryClient } from '../../../src/registry/client.ts';
import { resolveTag } from '../../../src/registry/content/fetch-manifest.ts';
import { defaultRegistrySettings } from '../../../src/registry/settings/registry-settings.ts';

let server: Server;
let host: string;
let client: RegistryClient;
let asked: number;
let garbage: number;
let status: number;
let settingsRead: number;

beforeEach(async () => {
  [asked, garbage, status, settingsRead] = [0, 0, 200, 0];
  server = createServer((_, answer) => {
    asked++;
    answer.writeHead(status, { 'docker-content-digest': `sha256:${'1'.repeat(64)}` }).end();
  });
  server.on('clientError', (_, socket) => {
    garbage++;
    socket.destroy();
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  client = createRegistryClient({
    settings: () => {
      settingsRead++;
      return defaultRegistrySettings;
    },
    certificates: () => ({ directories: [], bundles: [] }),
    now: () => 0,
    userAgent: 'test',
  });
});
afterEach(() => {
  client.close();
  server.close();
});

const open = (credentials = {}) =>
  client.open(host, { credentials, proxies: {}, notice: () => undefined }).main;
const look = (session = open()) =>
  resolveTag(session, {
    path: 'a',
    reference: '1',
    what: 'a:1',
    scopes: [],
    signal: new AbortController().signal,
  });

it('a host that needs no TLS and has none is spoken to so at once the next time', async () => {
  await look();
  expect([asked, garbage]).toEqual([1, 1]);
  await look();
  expect([asked, garbage]).toEqual([2, 1]);
  // As a server of TLS answers to what is none.
  status = 400;
  await look();
  await look();
  expect([asked, garbage]).toEqual([4, 2]);
});

it('of those who ask at once only the first finds out whether a host has TLS', async () => {
  const session = open();
  await Promise.all([look(session), look(session), look(session)]);
  expect([asked, garbage]).toEqual([3, 1]);
});

it('settings are read once for all that is asked by one who opens a registry', async () => {
  const session = open();
  await look(session);
  await look(session);
  expect([asked, settingsRead]).toEqual([2, 1]);
  await look();
  expect([asked, settingsRead]).toEqual([3, 2]);
});

it.each([500, 503, 501])(
  'a look at a tag that is answered with %d is not sent again: the manifest itself is asked for',
  async (answered) => {
    status = answered;
    expect(await look()).toBeUndefined();
    expect(asked).toBe(1);
  },
);

it('a token that no header can be made of is not shown', async () => {
  await expect(look(open({ registryToken: 'a\r\nX: y' }))).rejects.toMatchObject({
    code: 'REGISTRY_DENIED',
    message: expect.stringContaining('has characters that cannot be sent'),
  });
  expect(asked).toBe(0);
});
