import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestEngine, type TestEngine, until, whyNoEngine } from '../../support/engine.ts';

const why = whyNoEngine();
if (why) console.log(`skipped: ${why}`);

describe.skipIf(why)('a client that opens streams and does not read them', () => {
  let engine: TestEngine;
  const sockets: Socket[] = [];
  beforeAll(async () => {
    engine = await startTestEngine();
    const Cmd = ['sh', '-c', 'while :; do echo line; sleep 0.1; done'];
    await engine.api('POST', '/containers/create?name=noisy', { Image: 'tcompose/host', Cmd });
    expect((await engine.api('POST', '/containers/noisy/start')).status).toBe(204);
  });
  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    expect(await engine.stop()).toEqual([]);
  });

  /** A connection with a request on it; asks again while the engine's queue of connections is full. */
  async function open(head: string): Promise<Socket> {
    for (;;) {
      const socket = await new Promise<Socket | undefined>((resolve) => {
        const one = connect(engine.socket, () => resolve(one));
        one.on('error', () => resolve(undefined));
      });
      if (socket === undefined) {
        await new Promise((resolve) => setTimeout(resolve, 10));
        continue;
      }
      socket.write(`${head}\r\nHost: x\r\n`);
      sockets.push(socket);
      return socket;
    }
  }
  async function status(): Promise<{ readonly openStreams: number }> {
    for (;;) {
      try {
        return (await engine.api<{ openStreams: number }>('GET', '/tcompose/status')).json;
      } catch (error) {
        // The queue of connections is still full.
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
  }
  const events = 'GET /events HTTP/1.1';
  const attach =
    'POST /containers/noisy/attach?stream=1&stdout=1 HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: tcp';

  it('keeps the newest of them, and the engine answers', async () => {
    for (let count = 0; count < 1100; count++) (await open(events)).write('\r\n');
    for (let count = 0; count < 100; count++) (await open(attach)).write('\r\n');
    await until(async () => {
      const { openStreams } = await status();
      return openStreams > 900 && openStreams <= 1030;
    }, 'streams to be dropped');
    const log = () => engine.log();
    await until(
      () => /GET \/events of process \d+ was dropped .* 1024 streams of one process/.test(log()),
      'a word',
    );
    await until(
      () => /attach.* was dropped .* 64 streams of one container/.test(log()),
      'a word of attaching',
    );
    // The last one that came is served as ever.
    const last = await open(events);
    let text = '';
    last.on('data', (bytes) => {
      text += bytes;
    });
    last.write('\r\n');
    await until(() => text.includes('200 OK'), 'the head of the answer');
    await engine.api('POST', '/volumes/create', { Name: 'seen' });
    await until(() => text.includes('"seen"'), 'an event');
    expect((await engine.api('DELETE', '/volumes/seen')).status).toBe(204);
  });

  it('reads why its stream ended, when it reads', async () => {
    // Idle longest of all, but read.
    for (const socket of sockets) socket.destroy();
    await until(async () => (await status()).openStreams < 5, 'the streams to be gone');
    const first = await open(events);
    let text = '';
    first.on('data', (bytes) => {
      text += bytes;
    });
    first.write('\r\n');
    await until(() => text.includes('200 OK'), 'the head of the answer');
    for (let count = 0; count < 1024; count++) (await open(events)).write('\r\n');
    await until(
      () => text.includes('{"error":"the engine ended this stream: it was dropped'),
      'the last word',
    );
  });
});
