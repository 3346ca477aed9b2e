import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRegistryClient, type RegistryClient } from '../../../src/registry/client.ts';
import { defaultRegistrySettings } from '../../../src/registry/settings/registry-settings.ts';
import { uploadBlob } from '../../../src/registry/transfer/upload.ts';

const blob = Buffer.alloc(700_000, 'blob ');
const digest = `sha256:${createHash('sha256').update(blob).digest('hex')}`;
const place = '/v2/app/blobs/uploads/one';

type Handle = (asked: IncomingMessage, answer: ServerResponse, body: () => Promise<Buffer>) => unknown;

let server: Server;
let client: RegistryClient;
/** Method, range and bytes of each request but HEAD. */
let log: string[];
let taken: Buffer;
let complete: boolean;
/** What the registry does with a PUT that has the whole blob. */
let onWhole: Handle;

const bodyOf = async (asked: IncomingMessage): Promise<Buffer> => {
  const parts: Buffer[] = [];
  for await (const part of asked) parts.push(part as Buffer);
  return Buffer.concat(parts);
};

/** Takes a blob in one request or in pieces, as distribution's registry does. */
async function serve(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
  const { method = '', headers } = asked;
  if (method === 'HEAD') return void answer.writeHead(complete ? 200 : 404).end();
  const length = headers['content-length'] ?? '0';
  log.push([method, ...(length === '0' ? [] : [length]), headers['content-range'] ?? ''].join(' ').trim());
  if (method === 'POST') {
    taken = Buffer.alloc(0);
    return void answer.writeHead(202, { location: place }).end();
  }
  const range = () => ({ location: place, range: `0-${Math.max(0, taken.length - 1)}` });
  if (method === 'GET') return void answer.writeHead(204, range()).end();
  if (method === 'PUT' && length === String(blob.length))
    return void (await onWhole(asked, answer, () => bodyOf(asked)));
  taken = Buffer.concat([taken, await bodyOf(asked)]);
  if (method === 'PATCH') return void answer.writeHead(202, range()).end();
  complete = taken.equals(blob);
  answer.writeHead(complete ? 201 : 400).end();
}

beforeEach(async () => {
  log = [];
  complete = false;
  server = createServer((asked, answer) => void serve(asked, answer));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  client = createRegistryClient({
    settings: () => defaultRegistrySettings,
    certificates: () => ({ directories: [], bundles: [] }),
    now: () => 0,
    userAgent: 'test',
  });
});
afterEach(() => {
  client.close();
  server.closeAllConnections();
  server.close();
});

function upload() {
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { main } = client.open(host, { credentials: {}, proxies: {}, notice: () => undefined });
  return uploadBlob(main, {
    path: 'app',
    descriptor: { mediaType: 'application/octet-stream', digest, size: blob.length },
    what: 'app:1',
    scopes: [],
    signal: new AbortController().signal,
    mountFrom: [],
    open: async function* (offset) {
      for (let at = offset; at < blob.length; at += 65_536)
        yield blob.subarray(at, Math.min(at + 65_536, blob.length));
    },
  });
}

describe('a blob', () => {
  it('is sent by the request that says that it is complete', async () => {
    onWhole = async (_, answer, body) => {
      complete = (await body()).equals(blob);
      answer.writeHead(201).end();
    };
    expect(await upload()).toEqual({ kind: 'uploaded' });
    expect(complete).toBe(true);
    expect(log).toEqual(['POST', `PUT ${blob.length}`]);
  });

  it.each([400, 405, 413])('that is refused so (%i) is sent without its end', async (status) => {
    onWhole = async (_, answer, body) => {
      await body();
      answer.writeHead(status).end();
    };
    expect(await upload()).toEqual({ kind: 'uploaded' });
    expect(complete).toBe(true);
    expect(log).toEqual(['POST', `PUT ${blob.length}`, 'POST', `PATCH ${blob.length}`, 'PUT']);
  });

  it('of which a part came goes on behind that', async () => {
    let first = 0;
    onWhole = (asked) => {
      asked.once('data', (part: Buffer) => {
        taken = part;
        first = part.length;
        asked.destroy();
      });
    };
    expect(await upload()).toEqual({ kind: 'uploaded' });
    expect(complete).toBe(true);
    const rest = `PATCH ${blob.length - first} ${first}-${blob.length - 1}`;
    expect(log).toEqual(['POST', `PUT ${blob.length}`, 'GET', rest, 'PUT']);
  });

  it('whose last answer is lost is not sent again', async () => {
    onWhole = async (asked, _, body) => {
      complete = (await body()).equals(blob);
      asked.socket.destroy();
    };
    expect(await upload()).toEqual({ kind: 'uploaded' });
    expect(log.filter((line) => /^(PUT|PATCH)/.test(line))).toEqual([`PUT ${blob.length}`]);
  });

  it('that may not be sent is not tried in another way', async () => {
    onWhole = async (_, answer, body) => {
      await body();
      answer.writeHead(403).end();
    };
    await expect(upload()).rejects.toMatchObject({ code: 'REGISTRY_DENIED' });
    expect(log).toEqual(['POST', `PUT ${blob.length}`, 'DELETE']);
  });
});
