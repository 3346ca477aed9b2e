import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { faultOf } from '../../../src/registry/http/fault.ts';
import { decoded } from '../../../src/registry/http/guarded-body.ts';
import { createTransport, type OutgoingRequest, type Sent } from '../../../src/registry/http/transport.ts';
import type { ProxySettings } from '../../../src/registry/proxy/proxy-settings.ts';
import { createTrust } from '../../../src/registry/settings/certificates.ts';
import { eachInDirectory } from '../../support/temporary-directory.ts';

let directory = '';
eachInDirectory((made) => {
  directory = made;
});
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** Short only where nothing is to come: a busy machine may keep this process, and with it its servers, from running for as long. */
const timeouts = { connectMs: 60_000, handshakeMs: 60_000, answerMs: 60_000, stallMs: 60_000 };
const stalling = { ...timeouts, stallMs: 1000 };

function transport(bundles: readonly string[] = []) {
  const trust = createTrust(() => ({ directories: [join(directory, 'certs.d')], bundles }));
  const made = createTransport((origin, attempt) => ({
    verify: true,
    ...trust.contextFor(origin.host, attempt),
  }));
  closing.push(() => made.close());
  return made;
}

async function listening(server: Server | ReturnType<typeof createTcpServer>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    if ('closeAllConnections' in server) server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const serving = async (listener: RequestListener) => listening(createServer(listener));

function outgoing(url: string, more: Partial<OutgoingRequest> = {}): OutgoingRequest {
  return {
    method: 'GET',
    url: new URL(url),
    headers: {},
    signal: new AbortController().signal,
    proxies: {},
    timeouts,
    ...more,
  };
}

const get = (url: string, more: Partial<OutgoingRequest> = {}) => transport().send(outgoing(url, more));

async function text(sent: Sent): Promise<string> {
  if (!sent.ok) return `fault ${JSON.stringify(sent.fault)}`;
  const parts: Buffer[] = [];
  try {
    for await (const part of sent.answer.body) parts.push(part);
  } catch (error) {
    parts.push(Buffer.from(` fault ${JSON.stringify(faultOf(error))}`));
  }
  return Buffer.concat(parts).toString();
}

describe('a request', () => {
  it('is answered, and its connection used again', async () => {
    const sockets = new Set<unknown>();
    const port = await serving((request, response) => {
      sockets.add(request.socket);
      response.end(`${request.method} ${request.url} ${request.headers.host}`);
    });
    const made = transport();
    for (let at = 0; at < 3; at++) {
      expect(await text(await made.send(outgoing(`http://127.0.0.1:${port}/v2/?a=b`)))).toBe(
        `GET /v2/?a=b 127.0.0.1:${port}`,
      );
    }
    expect(sockets.size).toBe(1);
  });

  it('is made again when the connection that was kept had been closed', async () => {
    const port = await serving((request, response) => {
      response.end('x');
      setImmediate(() => request.socket.destroy());
    });
    const made = transport();
    for (let at = 0; at < 5; at++) {
      expect(await text(await made.send(outgoing(`http://127.0.0.1:${port}/`)))).toBe('x');
    }
  });

  it('carries a body of known or unknown length', async () => {
    const port = await serving((request, response) => {
      let size = 0;
      request.on('data', (part: Buffer) => {
        size += part.length;
      });
      request.on('end', () => response.end(`${size} ${request.headers['content-length'] ?? 'chunked'}`));
    });
    async function* stream() {
      for (let at = 0; at < 40; at++) yield Buffer.alloc(65_536, at);
    }
    const url = `http://127.0.0.1:${port}/`;
    expect(await text(await get(url, { method: 'PUT', body: Buffer.from('abc') }))).toBe('3 3');
    expect(await text(await get(url, { method: 'PATCH', body: { stream: stream() } }))).toBe(
      '2621440 chunked',
    );
    expect(
      await text(await get(url, { method: 'PATCH', body: { stream: stream(), length: 2_621_440 } })),
    ).toBe('2621440 2621440');
  });

  it('tells what kept it from being answered', async () => {
    const gone = await listening(createTcpServer());
    for (const close of closing.splice(0)) close();
    expect(await get(`http://127.0.0.1:${gone}/`)).toMatchObject({
      fault: { kind: 'connect', code: 'ECONNREFUSED' },
    });
    expect(await get('http://no-such-host.invalid/')).toMatchObject({ fault: { kind: 'name' } });
    const silent = await listening(createTcpServer(() => undefined));
    expect(
      await get(`https://127.0.0.1:${silent}/`, { timeouts: { ...timeouts, handshakeMs: 50 } }),
    ).toMatchObject({
      fault: { kind: 'timeout', phase: 'handshake' },
    });
    // What connecting leaves of its time is the answer's.
    const short = { connectMs: 2000, handshakeMs: 20, answerMs: 20, stallMs: 20 };
    expect(await get(`http://127.0.0.1:${silent}/`, { timeouts: short })).toMatchObject({
      fault: { kind: 'timeout', phase: 'answer' },
    });
    const plain = await serving((_request, response) => response.end());
    expect(await get(`https://127.0.0.1:${plain}/`)).toMatchObject({ fault: { kind: 'not-tls' } });
    expect(await get(`http://127.0.0.1:${plain}/`, { signal: AbortSignal.abort() })).toMatchObject({
      fault: { kind: 'aborted' },
    });
  });
});

describe('a body', () => {
  const cases: readonly [string, (response: ServerResponse, request: IncomingMessage) => void, RegExp][] = [
    [
      'that stalls',
      (response) => response.writeHead(200, { 'content-length': 100 }).write('abc'),
      /^abc fault .*stall/,
    ],
    [
      'that drips',
      (response) => {
        const timer = setInterval(() => response.write('.'), 20);
        response.on('close', () => clearInterval(timer));
      },
      /^\.+ fault .*stall/,
    ],
    [
      'that is cut off',
      (response, request) => {
        response.writeHead(200, { 'content-length': 100 }).write('abc', () => request.socket.destroy());
      },
      /^abc fault .*reset/,
    ],
    [
      'in chunks that are cut off',
      (response, request) => {
        response.writeHead(200).write('abc', () => request.socket.destroy());
      },
      /^abc fault .*reset/,
    ],
    ['of no length', (response) => response.writeHead(200, { connection: 'close' }).end('abc'), /^abc$/],
  ];
  it.each(cases)('%s', async (_, answer, expected) => {
    const port = await serving((request, response) => answer(response, request));
    expect(await text(await get(`http://127.0.0.1:${port}/`, { timeouts: stalling }))).toMatch(expected);
  });

  it('that is given up ends', async () => {
    const port = await serving((_request, response) => void response.writeHead(200).write('abc'));
    const abort = new AbortController();
    const sent = await get(`http://127.0.0.1:${port}/`, { signal: abort.signal });
    setImmediate(() => abort.abort());
    expect(await text(sent)).toMatch(/fault .*aborted/);
  });

  it('waits for its reader without taking that for a stall', async () => {
    const bytes = Buffer.alloc(3_000_000, 7);
    const port = await serving((_request, response) => response.end(bytes));
    const sent = await get(`http://127.0.0.1:${port}/`, { timeouts: stalling });
    let size = 0;
    if (!sent.ok) throw new Error(sent.fault.kind);
    for await (const part of sent.answer.body) {
      if (size === 0) await new Promise((resolve) => setTimeout(resolve, stalling.stallMs * 2));
      size += part.length;
    }
    expect(size).toBe(bytes.length);
  });

  it('loses an encoding that nobody asked for', async () => {
    async function* whole(bytes: Buffer) {
      yield bytes;
    }
    const parts: Buffer[] = [];
    for await (const part of decoded(whole(gzipSync('hello')), ' GZIP')!) parts.push(part);
    expect(Buffer.concat(parts).toString()).toBe('hello');
    expect(decoded(whole(Buffer.alloc(0)), 'zpaq')).toBeUndefined();
    await expect(async () => {
      for await (const _ of decoded(whole(Buffer.from('no gzip')), 'gzip')!);
    }).rejects.toThrow();
  });
});

describe('a proxy', () => {
  /** A proxy that notes what it was asked for. */
  async function proxyServer(status = 200) {
    const seen: string[] = [];
    const server = createServer((request, response) => {
      seen.push(`${request.method} ${request.url} ${request.headers['proxy-authorization'] ?? ''}`.trim());
      response.end('by proxy');
    });
    server.on('connect', (request, socket) => {
      seen.push(`CONNECT ${request.url} ${request.headers['proxy-authorization'] ?? ''}`.trim());
      socket.on('error', () => undefined);
      if (status !== 200) return void socket.end(`HTTP/1.1 ${status} No\r\n\r\n`);
      const [, port] = (request.url ?? '').split(':');
      const through = connect(Number(port), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        through.pipe(socket).pipe(through);
      });
      through.on('error', () => socket.destroy());
    });
    return { seen, port: await listening(server) };
  }
  const via = (url: string, proxies: ProxySettings) => get(url, { proxies });

  it('is told the whole address of plain http, with its user', async () => {
    const { seen, port } = await proxyServer();
    expect(
      await text(await via('http://registry.example/v2/', { httpProxy: `http://u:p@127.0.0.1:${port}` })),
    ).toBe('by proxy');
    expect(seen).toEqual([`GET http://registry.example/v2/ Basic ${Buffer.from('u:p').toString('base64')}`]);
  });

  /** A SOCKS server: who came, where to, and with `reply` what it answers; `user` is whom it wants. */
  async function socksServer(options: { reply?: number; user?: string; method?: number } = {}) {
    const { reply = 0, user } = options;
    const seen: string[] = [];
    const server = createTcpServer((socket) => {
      let step = 0;
      let held = Buffer.alloc(0);
      socket.on('error', () => undefined);
      // Whatever way the bytes are cut: what is there is looked at again with each of them.
      socket.on('data', function more(part: Buffer) {
        held = Buffer.concat([held, part]);
        if (step === 0 && held.length >= 2 + (held[1] ?? 0)) {
          held = held.subarray(2 + held[1]!);
          step = user === undefined ? 2 : 1;
          socket.write(Buffer.from([5, options.method ?? (user === undefined ? 0 : 2)]));
        } else if (step === 1) {
          const [name, rest] = [held.subarray(2, 2 + held[1]!), held.subarray(2 + held[1]!)];
          const said = `${name}:${rest.subarray(1, 1 + rest[0]!)}`;
          held = Buffer.alloc(0);
          step = 2;
          socket.write(Buffer.from([1, said === user ? 0 : 1]));
        } else if (step === 2) {
          const kind = held[3]!;
          const [from, to] = kind === 3 ? [5, 5 + held[4]!] : [4, kind === 1 ? 8 : 20];
          const host =
            kind === 3 ? held.subarray(from, to).toString() : held.subarray(from, to).toString('hex');
          const port = held.readUInt16BE(to);
          seen.push(`${kind} ${host} ${port}`);
          step = 3;
          socket.off('data', more);
          if (reply !== 0) return void socket.end(Buffer.from([5, reply, 0, 1, 0, 0, 0, 0, 0, 0]));
          const through = connect(port, '127.0.0.1', () => {
            // In pieces, as a network may have it, with an address of each kind.
            socket.write(Buffer.from([5, 0]));
            setTimeout(() => {
              socket.write(Buffer.from(kind === 3 ? [0, 3, 2, 97, 98, 0, 0] : [0, 1, 0, 0, 0, 0, 0, 0]));
              through.pipe(socket).pipe(through);
            }, 20);
          });
          through.on('error', () => socket.destroy());
        }
      });
    });
    return { seen, port: await listening(server) };
  }

  it('of SOCKS connects on, with names that it looks up itself, and with its user', async () => {
    const port = await serving((request, answer) => answer.end(`${request.url} of ${request.headers.host}`));
    const open = await socksServer();
    const plain = await via(`http://registry.example:${port}/v2/`, {
      allProxy: `socks5h://127.0.0.1:${open.port}`,
    });
    expect(await text(plain)).toBe(`/v2/ of registry.example:${port}`);
    const address = await via(`http://192.0.2.1:${port}/`, { httpProxy: `socks5://127.0.0.1:${open.port}` });
    expect(await text(address)).toBe(`/ of 192.0.2.1:${port}`);
    expect(open.seen).toEqual([`3 registry.example ${port}`, `1 c0000201 ${port}`]);
    const closed = await socksServer({ user: 'me:p@ss' });
    const entered = (user: string) =>
      via(`http://[2001:db8::1]:${port}/`, { httpProxy: `socks5://${user}@127.0.0.1:${closed.port}` });
    expect(await text(await entered('me:p%40ss'))).toContain('/ of');
    expect(closed.seen).toEqual([`4 20010db8000000000000000000000001 ${port}`]);
    expect(await entered('me:wrong')).toMatchObject({
      fault: { kind: 'proxy', why: expect.stringContaining('rejects the user') },
    });
  });

  it('of SOCKS says why not', async () => {
    const asked = async (options: { reply?: number; method?: number }) => {
      const { port } = await socksServer(options);
      const sent = await via('http://registry.example/', { allProxy: `socks5://127.0.0.1:${port}` });
      return sent.ok ? '' : JSON.stringify(sent.fault);
    };
    expect(await asked({ reply: 5 })).toMatch(
      /could not connect to registry\.example:80: connection refused/,
    );
    expect(await asked({ reply: 99 })).toMatch(/error 99/);
    expect(await asked({ method: 255 })).toMatch(/it requires a user: ALL_PROXY=socks5:/);
    const http = await proxyServer();
    const wrong = await via('http://registry.example/', { allProxy: `socks5://127.0.0.1:${http.port}` });
    expect(wrong).toMatchObject({
      fault: { kind: 'proxy', why: expect.stringMatching(/does not speak SOCKS 5/) },
    });
    const silent = await listening(createTcpServer((socket) => socket.on('error', () => undefined)));
    const late = await get('http://registry.example/', {
      proxies: { allProxy: `socks5://127.0.0.1:${silent}` },
      timeouts: { ...timeouts, answerMs: 30, stallMs: 30 },
    });
    expect(late).toMatchObject({ fault: { kind: 'proxy', why: expect.stringContaining('does not answer') } });
    const gone = await listening(createTcpServer((socket) => socket.end()));
    const ended = await via('http://registry.example/', { allProxy: `socks5://127.0.0.1:${gone}` });
    expect(ended).toMatchObject({ fault: { kind: 'proxy' } });
  });

  it('makes a tunnel for https, or says why not', async () => {
    const { seen, port } = await proxyServer(407);
    const sent = await via('https://registry.example/v2/', { httpsProxy: `http://127.0.0.1:${port}` });
    expect(seen).toEqual(['CONNECT registry.example:443']);
    expect(sent).toMatchObject({ fault: { kind: 'proxy', hint: expect.stringContaining('HTTPS_PROXY=') } });
    const plain = await via('https://registry.example/v2/', { httpsProxy: `https://127.0.0.1:${port}` });
    expect(plain).toMatchObject({
      fault: {
        kind: 'proxy',
        why: expect.stringContaining('speaks plain http'),
        hint: expect.stringContaining('http://'),
      },
    });
    const dead = await via('https://registry.example/v2/', { httpsProxy: 'http://127.0.0.1:1' });
    expect(dead).toMatchObject({ fault: { kind: 'proxy', why: expect.stringContaining('refused') } });
  });

  it.skipIf(whyNoOpenssl() !== undefined)('tunnels TLS', async () => {
    const { key, cert } = authority('127.0.0.1');
    const target = await listening(
      createSecureServer({ key, cert }, (_request, response) => response.end('secret')),
    );
    const { seen, port } = await proxyServer();
    lay(`registry.example:${target}`, cert);
    // The name is the registry's, and the certificate's is another.
    const sent = await via(`https://registry.example:${target}/`, { httpsProxy: `http://127.0.0.1:${port}` });
    expect(sent).toMatchObject({ fault: { kind: 'certificate', code: 'ERR_TLS_CERT_ALTNAME_INVALID' } });
    expect(seen[0]).toBe(`CONNECT registry.example:${target}`);
  });
});

describe.skipIf(whyNoOpenssl() !== undefined)('a certificate', () => {
  it('of an unknown authority is refused by its name, and trusted from each of the places', async () => {
    const { key, cert } = authority('127.0.0.1');
    let requests = 0;
    const port = await listening(
      createSecureServer({ key, cert }, (_request, response) => {
        requests++;
        response.end('hello');
      }),
    );
    const url = `https://127.0.0.1:${port}/`;
    expect(await get(url)).toMatchObject({ fault: { kind: 'certificate', issuer: 'Test Authority' } });
    expect(requests).toBe(0);
    const bundle = join(directory, 'bundle.pem');
    writeFileSync(bundle, cert);
    expect(await text(await transport([bundle]).send(outgoing(url)))).toBe('hello');
    lay(`127.0.0.1:${port}`, cert);
    expect(await text(await get(url))).toBe('hello');
  });

  it('of a client needs its key', async () => {
    mkdirSync(join(directory, 'certs.d', 'r.example'), { recursive: true });
    writeFileSync(join(directory, 'certs.d', 'r.example', 'me.cert'), 'x');
    await expect(get('https://r.example/')).rejects.toThrow(/me\.cert is there, but .*me\.key is not/);
  });
});

function whyNoOpenssl(): string | undefined {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return undefined;
  } catch {
    console.warn('skipped: certificates (there is no openssl)');
    return 'there is no openssl';
  }
}

/** A certificate that signed itself, for one address. */
function authority(address: string): { key: string; cert: string } {
  const [key, cert] = [join(directory, 'a.key'), join(directory, 'a.crt')];
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '2',
      '-subj',
      '/CN=Test Authority',
      '-addext',
      `subjectAltName=IP:${address}`,
      '-keyout',
      key,
      '-out',
      cert,
    ],
    { stdio: 'ignore' },
  );
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
}

function lay(registry: string, cert: string): void {
  mkdirSync(join(directory, 'certs.d', registry), { recursive: true });
  writeFileSync(join(directory, 'certs.d', registry, 'ca.crt'), cert);
}
