import { request } from 'node:http';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ContainerInspect } from '../../../src/engine/api/container.ts';
import { startTestEngine, type TestEngine, until, whyNoEngine } from '../../support/engine.ts';

const why = whyNoEngine();
if (why) console.log(`skipped: ${why}`);

describe.skipIf(why)('keys that detach', () => {
  let engine: TestEngine;
  beforeAll(async () => {
    engine = await startTestEngine();
  });
  afterAll(async () => {
    expect(await engine.stop()).toEqual([]);
  });

  /** A connection that was taken over, what came over it, and its end. */
  const hijack = (
    path: string,
    body = '',
  ): Promise<{ socket: Socket; text: () => string; over: Promise<void> }> =>
    new Promise((resolve, reject) => {
      const headers = {
        Connection: 'Upgrade',
        Upgrade: 'tcp',
        'Content-Type': 'application/json',
        'Content-Length': body.length,
      };
      request({ socketPath: engine.socket, method: 'POST', path, headers, agent: false })
        .once('upgrade', (_answer, socket: Socket, head) => {
          let text = head.toString();
          socket.on('data', (part: Buffer) => {
            text += part.toString();
          });
          const over = new Promise<void>((done) => socket.once('close', () => done()));
          resolve({ socket, text: () => text, over });
        })
        .once('response', (answer) => reject(new Error(`answered with ${answer.statusCode}`)))
        .once('error', reject)
        .end(body);
    });
  const state = async (): Promise<ContainerInspect['State']> =>
    (await engine.api<ContainerInspect>('GET', '/containers/typed/json')).json.State;

  it('leave a container’s terminal to the next one who attaches, who has the exit code in the end', async () => {
    const created = await engine.api('POST', '/containers/create?name=typed', {
      Image: 'tcompose/host',
      Cmd: ['sh'],
      Tty: true,
      OpenStdin: true,
      StdinOnce: true,
      AttachStdin: true,
      HostConfig: { NetworkMode: 'none' },
    });
    expect(created.status).toBe(201);
    expect((await engine.api('POST', '/containers/typed/start')).status).toBe(204);
    const attach = '/containers/typed/attach?stream=1&stdin=1&stdout=1&detachKeys=ctrl-a,b';
    const first = await hijack(attach);
    first.socket.write('echo $((20 + 3))\n');
    await until(() => first.text().includes('23'), 'the answer');
    first.socket.write('\x01');
    first.socket.write('b');
    await first.over;
    expect((await state()).Running).toBe(true);
    const second = await hijack(attach);
    second.socket.write('echo $((40 + 5)); exit 7\n');
    await second.over;
    expect(second.text()).toContain('45');
    expect(await state()).toMatchObject({ Running: false, ExitCode: 7 });
    const { SystemTime } = (await engine.api<{ SystemTime: string }>('GET', '/info')).json;
    const filters = encodeURIComponent('{"event":["detach"]}');
    const events = await engine.api('GET', `/events?since=1&until=${SystemTime}&filters=${filters}`);
    expect(events.text.trim().split('\n')).toHaveLength(1);
  });

  it('leave the terminal of an exec, which goes on', async () => {
    expect((await engine.api('POST', '/containers/typed/start')).status).toBe(204);
    const exec = await engine.api<{ Id: string }>('POST', '/containers/typed/exec', {
      Cmd: ['sh'],
      Tty: true,
      AttachStdin: true,
      AttachStdout: true,
      DetachKeys: 'ctrl-x',
    });
    const session = await hijack(`/exec/${exec.json.Id}/start`, '{"Detach":false,"Tty":true}');
    session.socket.write('\x18');
    await session.over;
    const inspected = await engine.api('GET', `/exec/${exec.json.Id}/json`);
    expect(inspected.json).toMatchObject({ Running: true, DetachKeys: 'ctrl-x' });
  });

  it('are refused when there are no such keys', async () => {
    const attach = await engine.api('POST', '/containers/typed/attach?stream=1&detachKeys=zz-');
    const exec = await engine.api('POST', '/containers/typed/exec', { Cmd: ['true'], DetachKeys: 'zz-' });
    expect([attach.status, exec.status]).toEqual([400, 400]);
  });
});
