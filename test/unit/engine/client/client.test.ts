import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { EventMessage } from '../../../../src/engine/api/events.ts';
import { statusOf } from '../../../../src/engine/client/api-failure.ts';
import { describeEndpoint, parseDockerHost } from '../../../../src/engine/client/endpoint.ts';
import { compareApiVersions, createEngineClient } from '../../../../src/engine/client/engine-client.ts';
import { createTransport } from '../../../../src/engine/client/transport.ts';
import { type FakeEngine, fakeEngine } from '../../../support/fake-engine.ts';

let engine: FakeEngine;
const closing: (() => void)[] = [];
beforeEach(async () => {
  engine = fakeEngine();
  await engine.listen();
});
afterEach(async () => {
  for (const close of closing.splice(0)) close();
  await engine.close();
});

const connect = async (revive?: () => Promise<void>) => {
  const transport = createTransport(
    { kind: 'unix', path: engine.path },
    revive === undefined ? {} : { revive },
  );
  closing.push(() => transport.close());
  return createEngineClient(transport);
};

describe('DOCKER_HOST', () => {
  test.each([
    ['unix:///run/x.sock', 'unix:///run/x.sock'],
    ['tcp://127.0.0.1:2376', 'tcp://127.0.0.1:2376'],
    ['tcp://[::1]:99', 'tcp://::1:99'],
    ['http://box', 'tcp://box:2375'],
  ])('%s', (value, shown) => expect(describeEndpoint(parseDockerHost(value))).toBe(shown));

  test('a transport that is not spoken is refused', () => {
    expect(() => parseDockerHost('ssh://box')).toThrow('DOCKER_HOST has an unknown form');
  });
});

describe('requests', () => {
  test('use the highest API version both sides know', async () => {
    await engine.close();
    engine = fakeEngine('1.41');
    await engine.listen();
    engine.handle = (_request, response) => void response.end('[]');
    const client = await connect();
    await client.containers.list({ all: true, filters: { label: ['a=b'] } });
    expect(engine.requests[1]).toBe(
      `GET /v1.41/containers/json?all=true&filters=${encodeURIComponent('{"label":["a=b"]}')}`,
    );
    expect(client.supports('1.41')).toBe(true);
    expect(client.supports('1.44')).toBe(false);
    expect(compareApiVersions('1.9', '1.41')).toBeLessThan(0);
  });

  test('may be many under one signal without a word of Node’s on the terminal', async () => {
    engine.handle = (_request, response) => void setTimeout(() => response.end('{}'), 20);
    const client = await connect();
    const told: string[] = [];
    const hear = ({ name }: Error) => told.push(name);
    process.on('warning', hear);
    const { signal } = new AbortController();
    const many = Array.from({ length: 15 }, () => client.transport.json({ path: '/info', signal }));
    await Promise.all(many);
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', hear);
    expect(told).toEqual([]);
  });

  test('share one connection when they come one after the other', async () => {
    engine.handle = (_request, response) => void response.end('[]');
    const client = await connect();
    for (let count = 0; count < 5; count++) await client.networks.list();
    expect(engine.connections()).toBe(1);
  });

  test("a refusal is the engine's own sentence, with its status", async () => {
    engine.handle = (_request, response) => void response.writeHead(409).end('{"message":"name is taken"}');
    const client = await connect();
    const error = await client.containers.create('x', { Image: 'i' }).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'ENGINE_API', message: 'name is taken' });
    expect(statusOf(error)).toBe(409);
  });

  test('what is already gone is no error to remove', async () => {
    const client = await connect();
    await expect(client.containers.remove('x')).resolves.toBeUndefined();
    await expect(client.containers.inspect('x')).rejects.toMatchObject({ message: 'not here' });
  });

  test('without an engine the error says where none answers', async () => {
    await engine.die();
    await expect(connect()).rejects.toMatchObject({
      code: 'ENGINE_UNREACHABLE',
      message: expect.stringContaining(engine.path),
    });
  });
});

describe('an engine that dies', () => {
  const killOnce = (answer: string) => {
    let killed = false;
    engine.handle = (request, response) => {
      if (killed) response.end(answer);
      else {
        killed = true;
        request.socket.destroy();
      }
    };
  };

  test('is asked again for what changes nothing', async () => {
    killOnce('[]');
    const client = await connect(async () => {});
    await expect(client.containers.list()).resolves.toEqual([]);
    expect(engine.requests.filter((one) => one.includes('/containers/json'))).toHaveLength(2);
  });

  test('is asked again to hand over: whom the request meets then may be the one that was wanted', async () => {
    killOnce('');
    const client = await connect(async () => {});
    await client.system.handover({ version: '2' });
    expect(engine.requests.filter((one) => one.includes('/tcompose/handover'))).toHaveLength(2);
  });

  test('is not sent twice what may have been carried out', async () => {
    killOnce('{"Id":"1","Warnings":[]}');
    const client = await connect(async () => {});
    await expect(client.containers.create('x', { Image: 'i' })).rejects.toMatchObject({
      code: 'ENGINE_UNREACHABLE',
      hint: expect.stringContaining('may or may not have been carried out'),
    });
    expect(engine.requests.filter((one) => one.includes('/create'))).toHaveLength(1);
  });

  test('is brought back first when nothing could be sent at all', async () => {
    engine.handle = (_request, response) => void response.end('{"Id":"1","Warnings":[]}');
    let revived = 0;
    const client = await connect(async () => {
      revived += 1;
      await engine.listen();
    });
    await engine.die();
    await expect(client.containers.create('x', { Image: 'i' })).resolves.toMatchObject({ Id: '1' });
    expect(revived).toBe(1);
  });
});

describe('events', () => {
  const event = (timeNano: number, Action: string): EventMessage => ({
    Type: 'container',
    Action,
    Actor: { ID: 'c', Attributes: {} },
    scope: 'local',
    time: Math.floor(timeNano / 1e9),
    timeNano,
  });

  test('go on where they were when the engine comes back, and none comes twice', async () => {
    const all = [event(1_000_000_001, 'create'), event(2_000_000_002, 'start'), event(3_000_000_003, 'die')];
    let subscriptions = 0;
    engine.handle = (request, response) => {
      subscriptions += 1;
      const since = Number(new URL(request.url!, 'http://x').searchParams.get('since') ?? 0);
      const due = all.filter((one) => one.timeNano / 1e9 >= since);
      if (subscriptions === 1) {
        response.write(
          `${due
            .slice(0, 2)
            .map((one) => JSON.stringify(one))
            .join('\n')}\n`,
        );
        setTimeout(() => request.socket.destroy(), 20);
      } else response.write(`${due.map((one) => JSON.stringify(one)).join('\n')}\n`);
    };
    const client = await connect(async () => {});
    const stop = new AbortController();
    const seen: string[] = [];
    let opened = 0;
    for await (const one of client.events({ signal: stop.signal, onOpen: () => (opened += 1) })) {
      seen.push(one.Action);
      if (seen.length === 3) stop.abort();
    }
    expect(seen).toEqual(['create', 'start', 'die']);
    expect(opened).toBe(2);
  });
});

describe('hijacked connections', () => {
  test('carry bytes both ways, and our end closes only our half', async () => {
    engine.onUpgrade = (_request, socket) => {
      socket.write(
        'HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n',
      );
      const got: Buffer[] = [];
      socket.on('data', (bytes) => got.push(bytes));
      socket.on('end', () => socket.end(`got ${Buffer.concat(got)}`));
    };
    const client = await connect();
    const { socket, head } = await client.exec.start('e', { tty: true });
    const answer: Buffer[] = [head];
    socket.on('data', (bytes) => answer.push(bytes));
    socket.end('input');
    await new Promise((resolve) => socket.once('close', resolve));
    expect(String(Buffer.concat(answer))).toBe('got input');
  });

  test('a refusal is an error here, too', async () => {
    engine.onUpgrade = (_request, socket) =>
      void socket.end('HTTP/1.1 409 Conflict\r\nContent-Length: 25\r\n\r\n{"message":"not running"}');
    const client = await connect();
    await expect(client.exec.start('e', { tty: false })).rejects.toMatchObject({ message: 'not running' });
  });
});
