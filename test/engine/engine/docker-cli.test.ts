import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ContainerInspect } from '../../../src/engine/api/container.ts';
import {
  docker,
  dockerProcess,
  startTestEngine,
  type TestEngine,
  until,
  whyNoEngine,
} from '../../support/engine.ts';

const why =
  whyNoEngine() ?? (spawnSync('docker', ['--version']).error ? 'the docker CLI is not on PATH' : undefined);
if (why) console.log(`skipped: ${why}`);

describe.skipIf(why)('the docker CLI', () => {
  let engine: TestEngine;
  beforeAll(async () => {
    engine = await startTestEngine();
  });
  afterAll(async () => {
    expect(await engine.stop()).toEqual([]);
  });
  /** Waits until a container has printed this. */
  const said = (name: string, text: string) =>
    until(() => docker(engine, ['logs', name]).stdout === text, `${name} to print`);
  /** Standard output of a command that must succeed. */
  const ok = (...args: string[]): string => {
    const result = docker(engine, args);
    expect(`${result.status} ${result.stderr}`).toBe('0 ');
    return result.stdout.trim();
  };

  it('negotiates the API version, and shows version and info', () => {
    expect(ok('version', '--format', '{{.Server.APIVersion}} {{.Server.Os}}')).toBe('1.51 linux');
    const info = JSON.parse(ok('info', '--format', '{{json .}}')) as {
      Driver: string;
      ServerErrors?: string[];
    };
    expect(info.Driver).toBe('overlay2');
    expect(info.ServerErrors).toBeUndefined();
  });

  it('runs a command attached: output apart, exit code handed on, container gone', () => {
    const result = docker(engine, [
      'run',
      '--rm',
      'tcompose/host',
      'sh',
      '-c',
      'echo out; echo err >&2; exit 5',
    ]);
    expect(result).toEqual({ status: 5, stdout: 'out\n', stderr: 'err\n' });
    expect(ok('ps', '-aq')).toBe('');
  });

  it('gives stdin to the container and ends it', () => {
    expect(docker(engine, ['run', '--rm', '-i', 'tcompose/host', 'cat'], 'one\ntwo\n').stdout).toBe(
      'one\ntwo\n',
    );
  });

  it('tells a missing image and a missing command, with their exit codes', () => {
    const image = docker(engine, ['run', '--rm', 'nothere/atall', 'true']);
    expect(image.status).toBe(125);
    expect(image.stderr).toContain('cannot be reached to pull nothere/atall:latest');
    for (const flags of [['--rm'], ['--name', 'kept'], ['--rm', '-i']]) {
      const command = docker(engine, ['run', ...flags, 'tcompose/host', '/no/such']);
      expect([flags, command.status]).toEqual([flags, 127]);
      expect([flags, command.stdout]).toEqual([flags, '']);
      // Told once, whichever of start, wait and attached stream could tell it.
      const told = command.stderr.split('\n').filter((line) => /no.such|rror/.test(line));
      expect(told).toEqual([expect.stringContaining('/no/such')]);
    }
    ok('rm', 'kept');
  });

  it('ps, inspect, logs, top, stats and rm agree with the API', async () => {
    const id = ok(
      'run',
      '-d',
      '--name',
      'looked-at',
      '-l',
      'a=b',
      'tcompose/host',
      'sh',
      '-c',
      'echo hello; sleep 300; true',
    );
    await said(id, 'hello\n');
    await until(() => docker(engine, ['top', id]).stdout.includes('sleep 300'), 'its second process');
    const inspected = (await engine.api<ContainerInspect>('GET', `/containers/${id}/json`)).json;
    const shown = (JSON.parse(ok('inspect', 'looked-at')) as ContainerInspect[])[0]!;
    expect(shown.State).toEqual(inspected.State);
    expect(shown.HostConfig.NetworkMode).toBe('bridge');
    expect(shown.NetworkSettings.Networks).toMatchObject({
      bridge: { IPAddress: inspected.NetworkSettings.IPAddress },
    });
    expect(ok('ps', '--filter', 'label=a=b', '--format', '{{.Names}} {{.State}} {{.Image}}')).toBe(
      'looked-at running tcompose/host',
    );
    expect(ok('logs', 'looked-at')).toBe('hello');
    expect(ok('top', 'looked-at')).toMatch(/sleep 300/);
    expect(ok('stats', '--no-stream', '--format', '{{.Name}} {{.PIDs}}', 'looked-at')).toBe('looked-at 2');
    expect(ok('rename', 'looked-at', 'seen')).toBe('');
    expect(ok('stop', '-t', '0', 'seen')).toBe('seen');
    expect(ok('inspect', '-f', '{{.State.Status}} {{.State.ExitCode}}', 'seen')).toBe('exited 137');
    expect(ok('rm', 'seen')).toBe('seen');
  });

  it('follows logs through to the end of the container', async () => {
    ok(
      'run',
      '-d',
      '--name',
      'talker',
      'tcompose/host',
      'sh',
      '-c',
      'for i in 1 2 3; do echo $i; sleep 0.2; done',
    );
    const follow = dockerProcess(engine, ['logs', '-f', 'talker']);
    let text = '';
    follow.stdout!.on('data', (part: Buffer) => {
      text += part.toString();
    });
    await new Promise((resolve) => follow.once('close', resolve));
    expect(text).toBe('1\n2\n3\n');
    ok('rm', 'talker');
  });

  it('streams events as things happen', async () => {
    const events = dockerProcess(engine, [
      'events',
      '--filter',
      'type=container',
      '--format',
      '{{.Action}} {{.Actor.Attributes.name}}',
    ]);
    let text = '';
    events.stdout!.on('data', (part: Buffer) => {
      text += part.toString();
    });
    await until(
      async () => (await engine.api<{ NEventsListener: number }>('GET', '/info')).json.NEventsListener > 0,
      'the listener',
    );
    ok('run', '--rm', '--name', 'eventful', 'tcompose/host', 'true');
    await until(() => text.includes('destroy eventful'), 'the last event');
    events.kill();
    expect(text.trim().split('\n')).toEqual(
      ['create', 'attach', 'start', 'die', 'destroy'].map((action) => `${action} eventful`),
    );
  });

  it('executes in a running container: output, stdin, exit code, user, directory, environment', () => {
    ok('run', '-d', '--name', 'host', '-e', 'FROM=container', 'tcompose/host', 'sleep', '300');
    expect(docker(engine, ['exec', 'host', 'sh', '-c', 'echo out; exit 3'])).toMatchObject({
      status: 3,
      stdout: 'out\n',
    });
    expect(docker(engine, ['exec', '-i', 'host', 'cat'], 'typed').stdout).toBe('typed');
    expect(ok('exec', '-w', '/tmp', '-e', 'X=1', 'host', 'sh', '-c', 'pwd; echo $X $FROM')).toBe(
      '/tmp\n1 container',
    );
    expect(ok('exec', '-u', '1000:1000', 'host', 'id', '-u')).toBe('1000');
    expect(docker(engine, ['exec', 'host', '/no/such']).status).toBe(127);
    const astray = docker(engine, ['exec', '-w', '/no/such', 'host', 'pwd']);
    expect(astray).toMatchObject({ status: 127, stdout: '' });
    expect(astray.stderr).toContain('the working directory "/no/such" cannot be entered');
    const stranger = docker(engine, ['exec', '-u', 'nobody-knows', 'host', 'pwd']);
    expect(stranger).toMatchObject({ status: 1, stdout: '' });
    expect(stranger.stderr).toContain('unable to find user nobody-knows');
    ok('exec', '-d', 'host', 'touch', '/tmp/made-by-exec');
    expect(ok('exec', '-t', 'host', 'sh', '-c', 'test -t 1 && echo terminal')).toBe('terminal');
    ok('rm', '-f', 'host');
  });

  it('copies into and out of running and stopped containers, and not out of their root', async () => {
    const files = join(engine.root, 'files');
    mkdirSync(join(files, 'dir', 'sub'), { recursive: true });
    writeFileSync(join(files, 'dir', 'sub', 'a.txt'), 'content\n', { mode: 0o640 });
    symlinkSync('sub/a.txt', join(files, 'dir', 'link'));
    ok(
      'run',
      '-d',
      '--name',
      'copied',
      'tcompose/host',
      'sh',
      '-c',
      'ln -s /etc/hostname /tmp/away; echo linked; sleep 300',
    );
    await said('copied', 'linked\n');
    ok('cp', join(files, 'dir'), 'copied:/tmp/');
    expect(ok('exec', 'copied', 'cat', '/tmp/dir/link')).toBe('content');
    ok('cp', 'copied:/tmp/dir', join(files, 'back'));
    expect(readFileSync(join(files, 'back', 'link'), 'utf8')).toBe('content\n');
    // An absolute link means the container's file, not the machine's.
    const hostname = ok('exec', 'copied', 'cat', '/etc/hostname');
    ok('cp', '-L', 'copied:/tmp/away', join(files, 'away'));
    expect(readFileSync(join(files, 'away'), 'utf8').trim()).toBe(hostname);
    ok('stop', '-t', '0', 'copied');
    ok('cp', join(files, 'dir', 'sub', 'a.txt'), 'copied:/root/b.txt');
    ok('cp', 'copied:/root/b.txt', join(files, 'b.txt'));
    expect(readFileSync(join(files, 'b.txt'), 'utf8')).toBe('content\n');
    expect(ok('diff', 'copied')).toContain('A /root/b.txt');
    const missing = docker(engine, ['cp', 'copied:/no/such', join(files, 'x')]);
    expect(missing.status).toBe(1);
    expect(missing.stderr).toMatch(/Could not find the file \/no\/such|No such container:path/);
    ok('start', 'copied');
    expect(ok('exec', 'copied', 'cat', '/root/b.txt')).toBe('content');
    ok('rm', '-f', 'copied');
  });

  it('makes, lists, connects and removes networks and volumes', async () => {
    ok('network', 'create', '--label', 'mine=1', 'front');
    expect(ok('network', 'ls', '--filter', 'label=mine=1', '--format', '{{.Name}} {{.Driver}}')).toBe(
      'front bridge',
    );
    ok('volume', 'create', 'data');
    expect(ok('volume', 'ls', '-q')).toBe('data');
    ok(
      'run',
      '-d',
      '--name',
      'one',
      '--network',
      'front',
      '-v',
      'data:/data',
      'tcompose/host',
      'sh',
      '-c',
      'echo kept > /data/file; echo written; sleep 300',
    );
    await said('one', 'written\n');
    expect(docker(engine, ['network', 'rm', 'front']).status).toBe(1);
    expect(ok('run', '--rm', '--network', 'front', 'tcompose/host', 'getent', 'hosts', 'one')).toContain(
      'one',
    );
    ok('run', '-d', '--name', 'two', 'tcompose/host', 'sleep', '300');
    ok('network', 'connect', '--alias', 'second', 'front', 'two');
    expect(ok('exec', 'one', 'getent', 'hosts', 'second')).toContain('second');
    ok('network', 'disconnect', 'front', 'two');
    expect(docker(engine, ['exec', 'one', 'getent', 'hosts', 'second']).status).toBe(2);
    expect(docker(engine, ['volume', 'rm', 'data']).status).toBe(1);
    ok('rm', '-f', 'one', 'two');
    expect(ok('run', '--rm', '-v', 'data:/data', 'tcompose/host', 'cat', '/data/file')).toBe('kept');
    ok('volume', 'rm', 'data');
    ok('network', 'rm', 'front');
    expect(ok('system', 'df', '--format', '{{.Type}}').split('\n')).toContain('Containers');
  });

  it('imports, tags, lists and removes images', () => {
    const root = join(engine.root, 'rootfs');
    mkdirSync(join(root, 'etc'), { recursive: true });
    writeFileSync(join(root, 'etc', 'motd'), 'imported\n');
    const tar = join(engine.root, 'rootfs.tar');
    expect(spawnSync('tar', ['-C', root, '-cf', tar, '.']).status).toBe(0);
    const id = ok('import', '-c', 'CMD ["/bin/motd"]', tar, 'own/image:1');
    expect(id).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(ok('image', 'inspect', '-f', '{{.Config.Cmd}}', 'own/image:1')).toBe('[/bin/motd]');
    ok('tag', 'own/image:1', 'own/other:2');
    expect(ok('images', '--format', '{{.Repository}}:{{.Tag}}', 'own/other')).toBe('own/other:2');
    ok('create', '--name', 'from-import', 'own/image:1');
    ok('cp', 'from-import:/etc/motd', join(engine.root, 'motd'));
    expect(readFileSync(join(engine.root, 'motd'), 'utf8')).toBe('imported\n');
    ok('rm', 'from-import');
    expect(ok('rmi', 'own/other:2')).toContain('Untagged: own/other:2');
    expect(ok('rmi', 'own/image:1')).toContain('Deleted: sha256:');
  });
});
