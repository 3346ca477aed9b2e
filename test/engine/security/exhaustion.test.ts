import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestEngine, type TestEngine, until, whyNoEngine } from '../../support/engine.ts';

const why = whyNoEngine();
if (why) console.log(`skipped: ${why}`);

/** What the engine may come to hold for all of this together, MiB; each attack prints many times as much. */
const allowance = 200;
const flood = 'yes aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa';

describe.skipIf(why)('a container that prints without end', () => {
  let engine: TestEngine;
  let before = 0;
  /** Most memory the engine has had so far, MiB. */
  const peak = async (): Promise<number> => {
    const status = readFileSync(`/proc/${await engine.enginePid()}/status`, 'utf8');
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]) / 1024;
  };
  const start = async (name: string, script: string, more: object = {}): Promise<void> => {
    const made = await engine.api('POST', `/containers/create?name=${name}`, {
      Image: 'tcompose/host',
      Cmd: ['sh', '-c', script],
      HostConfig: { NetworkMode: 'none' },
      ...more,
    });
    expect(made.status).toBe(201);
    expect((await engine.api('POST', `/containers/${name}/start`)).status).toBe(204);
  };
  beforeAll(async () => {
    engine = await startTestEngine();
    await start('quiet', 'sleep 1000');
    before = await peak();
  });
  afterAll(async () => {
    expect(await engine.stop()).toEqual([]);
  });

  it('from its health check costs the engine no memory, and is unhealthy', async () => {
    const second = 1e9;
    const Healthcheck = {
      Test: ['CMD-SHELL', 'head -c 100000000 /dev/zero; exit 1'],
      Interval: second,
      Timeout: 60 * second,
      Retries: 1,
    };
    await start('checked', 'sleep 1000', { Healthcheck });
    interface Shown {
      State: { Health: { Status: string; Log: { Output: string }[] } };
    }
    const health = async () => (await engine.api<Shown>('GET', '/containers/checked/json')).json.State.Health;
    await until(async () => (await health()).Status === 'unhealthy', 'the check to fail');
    for (const { Output } of (await health()).Log) expect(Output.length).toBeLessThan(5000);
    expect(await peak()).toBeLessThan(before + allowance);
  });

  it('to twenty readers that do not read costs little, and everybody else is answered', async () => {
    await start('flooded', 'sleep 1000');
    const sockets: Socket[] = [];
    for (let count = 0; count < 20; count++) {
      const { json } = await engine.api<{ Id: string }>('POST', '/containers/flooded/exec', {
        AttachStdout: true,
        Cmd: ['sh', '-c', flood],
      });
      const socket = connect(engine.socket).pause();
      socket.on('error', () => undefined);
      socket.write(
        `POST /exec/${json.Id}/start HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`,
      );
      sockets.push(socket);
    }
    const running = async () =>
      (await engine.api<{ Processes: string[][] }>('GET', '/containers/flooded/top')).json.Processes.length;
    await until(async () => (await running()) > 20, 'all of them to run');
    for (let count = 0; count < 20; count++)
      expect((await engine.api('GET', '/containers/flooded/json')).status).toBe(200);
    expect(await peak()).toBeLessThan(before + allowance);
    for (const socket of sockets) socket.destroy();
    // What a client leaves behind goes on, as with Docker.
    expect((await engine.api('DELETE', '/containers/flooded?force=1')).status).toBe(204);
  });

  it('a single line keeps within the size of its log, which can be read', async () => {
    await start('line', 'head -c 100000000 /dev/zero | tr "\\0" a', {
      HostConfig: {
        NetworkMode: 'none',
        LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } },
      },
    });
    await engine.api('POST', '/containers/line/wait');
    const { status, text } = await engine.api('GET', '/containers/line/logs?stdout=1&tail=5');
    expect(status).toBe(200);
    // Three files, and what was being written when the last of them was full.
    expect(text.length).toBeLessThan((3 * 10 + 1) * 1024 * 1024);
    expect(await peak()).toBeLessThan(before + allowance);
  });

  it('and leaves a child behind that holds the output of a command does not keep the command', async () => {
    const { json } = await engine.api<{ Id: string }>('POST', '/containers/quiet/exec', {
      AttachStdout: true,
      Tty: false,
      Cmd: ['sh', '-c', 'sleep 500 & echo done'],
    });
    const { text } = await engine.api('POST', `/exec/${json.Id}/start`, {});
    expect(text).toContain('done');
    const shown = await engine.api<{ Running: boolean; ExitCode: number }>('GET', `/exec/${json.Id}/json`);
    expect(shown.json).toMatchObject({ Running: false, ExitCode: 0 });
  });
});
