import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { ContainerInspect } from '../../../src/engine/api/container.ts';
import type { EngineStatus } from '../../../src/engine/api/engine.ts';
import { needs } from '../../support/abilities.ts';
import { alive, docker, startTestEngine, type TestEngine, until, whyNoEngine } from '../../support/engine.ts';
import { pageOf } from '../../support/page-of.ts';

const why = whyNoEngine();
if (why) console.log(`skipped: ${why}`);
const noDocker = spawnSync('docker', ['--version']).error !== undefined;
if (!why && noDocker) console.log('skipped in part: the docker CLI is not on PATH');

describe.skipIf(why)('the life of an engine', () => {
  let engine: TestEngine | undefined;
  afterEach(async () => {
    const leaks = await engine?.stop();
    engine = undefined;
    expect(leaks).toEqual([]);
  });
  const sleeper = async (name: string, host: object = {}): Promise<number> => {
    await engine!.api('POST', `/containers/create?name=${name}`, {
      Image: 'tcompose/host',
      Cmd: ['sleep', '300'],
      HostConfig: host,
    });
    expect(await engine!.api('POST', `/containers/${name}/start`)).toMatchObject({ status: 204, text: '' });
    return (await engine!.api<ContainerInspect>('GET', `/containers/${name}/json`)).json.State.Pid;
  };

  it('ends when idle, keeper and bridges included, but not while a container runs', async () => {
    engine = await startTestEngine();
    await sleeper('busy');
    // One that would end when idle, and has something to do from its start.
    const first = engine.keeperPid();
    await engine.api('POST', '/tcompose/handover', { version: '9.9.9' });
    await until(() => !alive(first), 'the keeper to end');
    await engine.start({ TCOMPOSE_IDLE_SECONDS: '0.5' });
    const keeper = engine.keeperPid();
    const { instance } = (await engine.api<EngineStatus>('GET', '/tcompose/status')).json;
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(alive(keeper)).toBe(true);
    await engine.api('DELETE', '/containers/busy?force=1');
    await until(() => !alive(keeper), 'the keeper to end');
    expect(existsSync(engine.socket)).toBe(false);
    expect(readFileSync('/proc/net/dev', 'utf8')).not.toContain(`tc${instance}`);
    expect(engine.log()).toContain('idle for 0.5 s');
  });

  it('hands over while containers run, and the next engine adopts them', async () => {
    engine = await startTestEngine();
    const pid = await sleeper('kept', {
      PortBindings: { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }] },
    });
    const before = (await engine.api<ContainerInspect>('GET', '/containers/kept/json')).json.NetworkSettings;
    const keeper = engine.keeperPid();
    expect((await engine.api('POST', '/tcompose/shutdown', {})).status).toBe(409);
    expect((await engine.api('POST', '/tcompose/handover', { version: '9.9.9' })).status).toBe(202);
    await until(() => !alive(keeper), 'the keeper to end');
    expect(alive(pid)).toBe(true);
    await engine.start();
    const after = (await engine.api<ContainerInspect>('GET', '/containers/kept/json')).json;
    expect(after.State).toMatchObject({ Status: 'running', Pid: pid });
    expect(after.NetworkSettings.Ports).toEqual(before.Ports);
    expect(after.NetworkSettings.Networks).toEqual(before.Networks);
    expect((await engine.api('POST', '/containers/kept/stop?t=0')).status).toBe(204);
  });

  it('gives containers a root that others than root may read, whatever mask it was started with', async (context) => {
    const before = process.umask(0o077);
    try {
      engine = await startTestEngine();
      await needs(engine, 'ids', context);
    } finally {
      process.umask(before);
    }
    await engine.api('POST', '/containers/create?name=user', {
      Image: 'tcompose/host',
      Cmd: ['sh', '-c', 'ls / /etc/hosts > /dev/null && cat /etc/resolv.conf > /dev/null'],
      User: '1000:1000',
    });
    const wait = engine.api<{ StatusCode: number }>('POST', '/containers/user/wait?condition=next-exit');
    expect((await engine.api('POST', '/containers/user/start')).status).toBe(204);
    expect((await wait).json.StatusCode).toBe(0);
  });

  it('has a socket for root only', async () => {
    engine = await startTestEngine();
    expect(statSync(engine.socket).mode & 0o777).toBe(0o600);
    expect(statSync(join(engine.root, 'lib', 'events.log')).mode & 0o777).toBe(0o600);
  });

  it('refuses a state directory of a newer version with one sentence, and gives up', async () => {
    engine = await startTestEngine();
    const keeper = engine.keeperPid();
    await engine.api('POST', '/tcompose/shutdown', {});
    await until(() => !alive(keeper), 'the keeper to end');
    writeFileSync(join(engine.root, 'lib', 'format'), '2\n');
    await expect(engine.start()).rejects.toThrow();
    expect(engine.log()).toContain('was written by a newer tcompose (state format 2; this one knows 1)');
    expect(existsSync(engine.socket)).toBe(false);
  });

  it('names a corrupt container file, makes it whole from the other, and serves all', async () => {
    engine = await startTestEngine();
    await sleeper('good');
    await engine.api('POST', '/containers/create?name=bad', { Image: 'tcompose/host', Cmd: ['true'] });
    const { Id } = (await engine.api<ContainerInspect>('GET', '/containers/bad/json')).json;
    const file = join(engine.root, 'lib', 'containers', Id, 'state.json');
    writeFileSync(file, '{broken');
    const first = await engine.enginePid();
    process.kill(first, 'SIGKILL');
    await until(async () => (await engine!.enginePid()) !== first, 'the next engine');
    expect((await engine.api<ContainerInspect>('GET', '/containers/good/json')).json.State.Status).toBe(
      'running',
    );
    const bad = (await engine.api<ContainerInspect>('GET', '/containers/bad/json')).json;
    expect([bad.Name, bad.State.Status]).toEqual(['/bad', 'created']);
    expect(engine.log()).toContain(`${file} is damaged: it is not JSON`);
    expect(readFileSync(`${file}.damaged`, 'utf8')).toBe('{broken');
    expect((await engine.api('POST', '/containers/bad/start')).status).toBe(204);
  });

  it('keeps health, DNS and published ports over a kill of the engine', async () => {
    engine = await startTestEngine();
    await engine.api('POST', '/networks/create', { Name: 'front' });
    const script =
      'require("http").createServer((q,s)=>s.end("answered")).listen(80); setInterval(()=>{},1000)';
    await engine.api('POST', '/containers/create?name=web', {
      Image: 'tcompose/host',
      Cmd: ['node', '-e', script],
      ExposedPorts: { '80/tcp': {} },
      Healthcheck: { Test: ['CMD', 'true'], Interval: 100_000_000, Retries: 1 },
      HostConfig: { NetworkMode: 'front', PortBindings: { '80/tcp': [{ HostPort: '' }] } },
    });
    expect((await engine.api('POST', '/containers/web/start')).status).toBe(204);
    const web = async (): Promise<ContainerInspect> =>
      (await engine!.retry<ContainerInspect>('GET', '/containers/web/json')).json;
    await until(async () => (await web()).State.Health?.Status === 'healthy', 'the first check');
    const port = Number((await web()).NetworkSettings.Ports['80/tcp']![0]!.HostPort);
    const fetchIt = () => pageOf('127.0.0.1', port);
    await until(
      () =>
        fetchIt().then(
          (text) => text === 'answered',
          () => false,
        ),
      'the published port',
    );
    const first = await engine.enginePid();
    process.kill(first, 'SIGKILL');
    expect(await fetchIt()).toBe('answered');
    await until(async () => (await engine!.enginePid()) !== first, 'the next engine');
    expect((await web()).State.Health?.Status).toBe('healthy');
    expect(await fetchIt()).toBe('answered');
    await engine.api('POST', '/containers/create?name=asker', {
      Image: 'tcompose/host',
      Cmd: ['getent', 'hosts', 'web'],
      HostConfig: { NetworkMode: 'front' },
    });
    const wait = engine.api<{ StatusCode: number }>('POST', '/containers/asker/wait?condition=next-exit');
    await engine.api('POST', '/containers/asker/start');
    expect((await wait).json.StatusCode).toBe(0);
  });

  it.skipIf(noDocker)('gives a terminal to docker exec -it and docker run -it', async () => {
    engine = await startTestEngine();
    await sleeper('term');
    // script(1) lends the docker CLI a terminal.
    const typed = spawnSync(
      'script',
      ['-qec', 'docker exec -it term sh -c "tty; stty size; read line; echo got $line"', '/dev/null'],
      { env: engine.dockerEnv, input: 'hello\n', encoding: 'utf8', timeout: 90_000 },
    );
    if (typed.error) {
      console.log('skipped in part: script(1) is not on PATH');
      return;
    }
    expect(typed.stdout).toContain('/dev/pts/');
    const run = docker(engine, [
      'run',
      '--rm',
      '-t',
      'tcompose/host',
      'sh',
      '-c',
      'test -t 0 && echo is-a-tty',
    ]);
    expect(run.stdout.trim()).toBe('is-a-tty');
  });

  it('outlives clients that go away in the middle', async () => {
    engine = await startTestEngine();
    await sleeper('long');
    const sockets = ['/containers/long/logs?stdout=1&follow=1', '/events', '/containers/long/stats'].map(
      (path) => {
        const socket = connect(engine!.socket);
        socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
        return socket;
      },
    );
    await until(
      async () => (await engine!.api<EngineStatus>('GET', '/tcompose/status')).json.openStreams >= 4,
      'the streams to be open',
    );
    for (const socket of sockets) socket.destroy();
    await until(
      async () => (await engine!.api<EngineStatus>('GET', '/tcompose/status')).json.openStreams === 1,
      'the streams to be gone',
    );
  });
});
