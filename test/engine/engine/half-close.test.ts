import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EngineStatus } from '../../../src/engine/api/engine.ts';
import type { ExecInspect } from '../../../src/engine/api/exec.ts';
import { startTestEngine, type TestEngine, until, whyNoEngine } from '../../support/engine.ts';

const why = whyNoEngine();
if (why) console.log(`skipped: ${why}`);

/** Docker's clients ask for an upgrade; old ones take the connection over without. */
const kinds = [
  ['with Upgrade', 'Connection: Upgrade\r\nUpgrade: tcp\r\n'],
  ['without Upgrade', ''],
] as const;

describe.skipIf(why)('a client that closes its half of a connection', () => {
  let engine: TestEngine;
  beforeAll(async () => {
    engine = await startTestEngine();
    await engine.api('POST', '/containers/create?name=box', {
      Image: 'tcompose/host',
      Cmd: ['sleep', '300'],
      HostConfig: { NetworkMode: 'none' },
    });
    await engine.api('POST', '/containers/box/start');
  });
  afterAll(async () => {
    expect(await engine.stop()).toEqual([]);
  });

  /** A request by hand over a connection whose halves are closed one by one. */
  const ask = (path: string, body: string, upgrade: string): Socket => {
    const socket = connect({ path: engine.socket, allowHalfOpen: true });
    socket.write(
      `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n${upgrade}\r\n${body}`,
    );
    return socket;
  };
  const textOf = async (socket: Socket): Promise<string> => {
    let text = '';
    for await (const part of socket) text += part;
    return text;
  };

  it.each(kinds)('at once gets all output of its exec, %s', async (_, upgrade) => {
    const one = async (): Promise<readonly [boolean, number | null]> => {
      const { json } = await engine.api<{ Id: string }>('POST', '/containers/box/exec', {
        AttachStdin: true,
        AttachStdout: true,
        AttachStderr: true,
        Cmd: ['sh', '-c', 'echo out; exit 3'],
      });
      const socket = ask(`/exec/${json.Id}/start`, '{"Detach":false,"Tty":false}', upgrade);
      socket.end();
      const text = await textOf(socket);
      const inspect = await engine.api<ExecInspect>('GET', `/exec/${json.Id}/json`);
      return [text.endsWith('out\n'), inspect.json.ExitCode];
    };
    const results: (readonly [boolean, number | null])[] = [];
    const worker = async (): Promise<void> => {
      for (let count = 0; count < 75; count++) results.push(await one());
    };
    await Promise.all([worker(), worker(), worker(), worker()]);
    expect(results.filter(([whole]) => !whole)).toHaveLength(0);
    expect(results.filter(([, code]) => code !== 3)).toHaveLength(0);
  });

  it.each(kinds)('and then goes away is no open stream any more, %s', async (_, upgrade) => {
    const open = async () => (await engine.api<EngineStatus>('GET', '/tcompose/status')).json.openStreams;
    const socket = ask('/containers/box/attach?stream=1&stdout=1&stderr=1', '', upgrade);
    await new Promise((resolve) => socket.once('data', resolve));
    const ended = new Promise((resolve) => socket.end(() => resolve(undefined)));
    await ended;
    // The execs of before may be on their way out.
    await until(async () => (await open()) === 2, 'this stream to be the only one');
    socket.destroy();
    await until(async () => (await open()) === 1, 'the stream to be gone');
  });

  it('and whose stdin nobody takes is no open stream once it is gone', async () => {
    const open = async () => (await engine.api<EngineStatus>('GET', '/tcompose/status')).json.openStreams;
    const { json } = await engine.api<{ Id: string }>('POST', '/containers/box/exec', {
      AttachStdin: true,
      AttachStdout: true,
      Cmd: ['sleep', '300'],
    });
    const socket = ask(`/exec/${json.Id}/start`, '{"Detach":false,"Tty":false}', kinds[0][1]);
    await new Promise((resolve) => socket.once('data', resolve));
    socket.on('error', () => {});
    // More than all buffers between here and there hold.
    const block = Buffer.alloc(1 << 20);
    let taken = true;
    for (let sent = 0; sent < 16 && taken; sent++) {
      taken = await Promise.race([
        new Promise<boolean>((resolve) => socket.write(block, () => resolve(true))),
        new Promise<boolean>((resolve) => setTimeout(resolve, 500, false)),
      ]);
    }
    expect(taken).toBe(false);
    socket.destroy();
    await until(async () => (await open()) === 1, 'the stream to be gone');
  });
});
