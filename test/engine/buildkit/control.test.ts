import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listWorkersResponseShape } from '../../../src/engine/buildkit/messages/control.ts';
import {
  bytesMessageShape,
  type Packet,
  packetShape,
  packetTypes,
  type WireStat,
} from '../../../src/engine/buildkit/messages/session.ts';
import { decode, encode } from '../../../src/engine/buildkit/wire/message.ts';
import type { Method } from '../../../src/engine/buildkit/wire/serve.ts';
import { type Builder, startBuilder, whyNoBuilder } from '../build/builder.ts';
import { openClient, type TestClient, upgraded } from './session-client.ts';

const unmet = whyNoBuilder();
if (unmet !== undefined) console.warn(`skipped: clients of BuildKit’s protocol: ${unmet}`);

let builder: Builder;
const open: TestClient[] = [];

beforeAll(async () => {
  if (unmet === undefined) builder = await startBuilder();
});

afterAll(async () => {
  for (const client of open) client.close();
  if (builder !== undefined) expect(await builder.close()).toEqual([]);
});

let sessions = 0;
async function client(answers: Parameters<typeof openClient>[2]): Promise<TestClient> {
  const made = await openClient(builder.engine.socket, `session-${++sessions}`, answers);
  open.push(made);
  return made;
}

const moby = (name: string) => [{ type: 'moby', attrs: new Map([['name', name]]) }];

/** A directory that is told as these packets, whatever is asked for. */
const telling =
  (packets: readonly Partial<Packet>[]): Method =>
  async (call) => {
    for (const packet of packets) await call.send(encode<Packet>(packetShape, packet));
    for await (const _message of call.requests);
  };

describe.skipIf(unmet !== undefined)('a client of BuildKit’s protocol', () => {
  test.each(['/grpc', '/session'])('that closes its half of %s is let go of', async (path) => {
    const headers = { 'X-Docker-Expose-Session-Uuid': `half-${path.slice(1)}` };
    // The second connection is admitted only when the session of the first is gone.
    for (const _ of [1, 2]) {
      const socket = await upgraded(builder.engine.socket, path, headers);
      socket.resume();
      const closed = once(socket, 'close');
      socket.end();
      await closed;
    }
  });

  test('solves a Dockerfile that its session sends, and follows what happens', async () => {
    const context = builder.context('solve', {
      Dockerfile:
        'FROM busybox\nARG A\nCOPY file /file\nRUN --mount=type=secret,id=s echo "$A $(cat /run/secrets/s)"\n',
      file: 'content',
    });
    const one = await client({
      directories: { context, dockerfile: context },
      secrets: { s: 'hush' },
    });
    const following = one.status('ref-1');
    const response = await one.solve({
      ref: 'ref-1',
      exporters: moby('solved:1'),
      frontendAttrs: new Map([['build-arg:A', 'said']]),
    });
    const id = response.get('containerimage.digest');
    expect(id).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(response.get('image.name')).toBe('solved:1');
    const { json } = await builder.engine.api<{ Id: string }>('GET', '/images/solved:1/json');
    expect(json.Id).toBe(id);
    const told = await following;
    const names = new Set(told.flatMap(({ vertexes }) => vertexes.map(({ name }) => name)));
    expect([...names]).toEqual(
      expect.arrayContaining([
        '[internal] load build definition from Dockerfile',
        '[internal] load build context',
        '[stage-0 2/3] COPY file /file',
        'exporting to image',
      ]),
    );
    const output = told.flatMap(({ logs }) => logs.map(({ message }) => message?.toString()));
    expect(output).toEqual(['said hush\n']);
    const ended = told.flatMap(({ vertexes }) => vertexes).filter(({ completed }) => completed !== undefined);
    expect(new Set(ended.map(({ name }) => name)).size).toBe(names.size);
    // Whoever comes late is told all the same.
    expect(await one.status('ref-1')).toEqual(told);
  });

  test('is told what it is talking to', async () => {
    const one = await client({});
    const answer = await one.control.ask('/moby.buildkit.v1.Control/ListWorkers', Buffer.alloc(0));
    const { record } = decode<{ record: readonly { platforms?: readonly { os?: string }[] }[] }>(
      listWorkersResponseShape,
      answer,
    );
    expect(record).toMatchObject([{ platforms: [{ os: 'linux' }] }]);
  });

  test('is refused in words what is not supported', async () => {
    const context = builder.context('refused', { Dockerfile: 'FROM busybox\n' });
    const one = await client({ directories: { context, dockerfile: context } });
    const refused = { code: 'unimplemented' };
    await expect(one.control.ask('/moby.buildkit.v1.Control/Nothing', Buffer.alloc(0))).rejects.toMatchObject(
      refused,
    );
    await expect(one.solve({ ref: 'r1', frontend: 'other.v0' })).rejects.toMatchObject(refused);
    const definition = { def: [Buffer.from('0a00', 'hex')] };
    await expect(one.solve({ ref: 'r2', frontend: '', definition })).rejects.toMatchObject(refused);
    await expect(one.solve({ ref: 'r3', exporters: [{ type: 'nowhere' }] })).rejects.toMatchObject(refused);
    const two = new Map([['platform', 'linux/amd64,linux/arm64']]);
    await expect(
      one.solve({ ref: 'r4', exporters: [{ type: 'local' }], frontendAttrs: two }),
    ).rejects.toMatchObject(refused);
    await expect(one.solve({ ref: 'r5', session: '' })).rejects.toMatchObject({ code: 'invalid-argument' });
    await expect(
      one.control.ask('/moby.buildkit.v1.Control/Solve', Buffer.from('ffff', 'hex')),
    ).rejects.toThrow();
  });

  test.each<[string, readonly Partial<WireStat>[]]>([
    ['out of the tree', [{ path: '../escaped', mode: 0o644 }]],
    ['at an absolute path', [{ path: '/tmp/escaped', mode: 0o644 }]],
    [
      'through a link of its own',
      [
        { path: 'a', mode: 0x08000000 | 0o777, linkName: '/tmp' },
        { path: 'a/escaped', mode: 0o644 },
      ],
    ],
  ])('can not send files %s', async (_what, stats) => {
    const packets = [...stats.map((stat) => ({ type: packetTypes.stat, stat })), { type: packetTypes.stat }];
    const dockerfile = builder.context('hostile', { Dockerfile: 'FROM busybox\nCOPY . /\n' });
    const good = await client({ directories: { dockerfile, context: dockerfile } });
    const hostile = await client({
      directories: { dockerfile },
      methods: {
        '/moby.filesync.v1.FileSync/DiffCopy': async (call) => {
          if (call.headers['dir-name'] === 'context' && call.headers.followpaths === undefined)
            return telling(packets)(call);
          const { sendTree } = await import('../../../src/engine/buildkit/sync/send.ts');
          const { ConfinedDirectory } = await import('../../../src/confined/confined-directory.ts');
          const { asOpenCall } = await import('./session-client.ts');
          const root = ConfinedDirectory.at(dockerfile);
          await sendTree(asOpenCall(call), root).finally(() => root.close());
        },
      },
    });
    await expect(hostile.solve({ ref: `hostile-${sessions}` })).rejects.toThrow(
      /not a path inside|not listed/,
    );
    expect(existsSync('/tmp/escaped')).toBe(false);
    expect((await good.solve({ ref: `good-${sessions}`, exporters: moby('good') })).size).toBeGreaterThan(0);
  });

  test('lends its agent to a step', async () => {
    const dockerfile = builder.context('agent', {
      Dockerfile: 'FROM busybox\nRUN --mount=type=ssh,id=key echo ready && sleep 1000\n',
    });
    const asked: string[] = [];
    const one = await client({
      directories: { dockerfile },
      methods: {
        '/moby.sshforward.v1.SSH/CheckAgent': async (call) => call.send(Buffer.alloc(0)),
        '/moby.sshforward.v1.SSH/ForwardAgent': async (call) => {
          asked.push(String(call.headers['buildkit.ssh.id']));
          for await (const message of call.requests) {
            const { data } = decode<{ data: Buffer }>(bytesMessageShape, message);
            await call.send(encode(bytesMessageShape, { data: Buffer.from(`answer to ${data.toString()}`) }));
          }
        },
      },
    });
    const solving = one.solve({ ref: 'agent' });
    const ended = expect(solving).rejects.toThrow();
    const temporary = join(builder.engine.root, 'lib/build/tmp');
    const socket = async (): Promise<string> => {
      for (;;) {
        // Others of a user's ids are there, which he can't list himself.
        const { stdout } = builder.engine.shell('find "$1" -name m0', [temporary]);
        const found = stdout.split('\n').find(Boolean);
        if (found !== undefined) return found;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    const connection = connect(await socket());
    connection.write('question');
    const [answer] = (await once(connection, 'data')) as [Buffer];
    expect(answer.toString()).toBe('answer to question');
    expect(asked).toEqual(['key']);
    connection.destroy();
    one.close();
    await ended;
    await expect.poll(() => readdirSync(temporary), { timeout: 90_000 }).toEqual([]);
    expect(readdirSync(join(builder.engine.root, 'run')).filter((name) => name.startsWith('agent-'))).toEqual(
      [],
    );
  });

  test('that sends garbage is cut off, and the engine goes on', async () => {
    const { socket } = builder.engine;
    for (const path of ['/grpc', '/session']) {
      const headers = { 'X-Docker-Expose-Session-Uuid': 'garbage' };
      const connection = await upgraded(socket, path, headers);
      const closed = once(connection, 'close');
      connection.on('error', () => undefined);
      connection.resume();
      connection.write(Buffer.alloc(100_000, 'not a preface '));
      await closed;
    }
    await expect(upgraded(socket, '/session')).rejects.toThrow(/400/);
    const plain = await builder.engine.api('POST', '/grpc');
    expect(plain.status).toBe(400);
    const one = await client({});
    // Bytes of no message at all.
    await expect(
      one.control.ask('/moby.buildkit.v1.Control/Solve', Buffer.alloc(100_000, 0xff)),
    ).rejects.toThrow();
    expect((await builder.engine.api('GET', '/_ping')).status).toBe(200);
  });
});
