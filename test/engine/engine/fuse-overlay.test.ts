import { spawnSync } from 'node:child_process';
import { accessSync, constants, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { packBusybox, staticBusybox } from '../../support/busybox.ts';
import { requirements } from '../../support/cli.ts';
import { startTestEngine, type TestEngine, until, whyNoEngine } from '../../support/engine.ts';
import { ownedFiles } from '../../support/owned-files.ts';
import { send } from '../build/builder.ts';

function mayOpen(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

const why =
  whyNoEngine() ??
  (process.getuid?.() === 0 ? 'roots are mounted by a program for users only' : undefined) ??
  requirements({ commands: ['fuse-overlayfs'] }) ??
  (mayOpen('/dev/fuse') ? undefined : '/dev/fuse may not be opened') ??
  (staticBusybox() === undefined ? 'no static busybox' : undefined);
if (why) console.log(`skipped: ${why}`);

/** Processes that serve mounts below a root. */
const servers = (root: string): string[] =>
  spawnSync('ps', ['-e', '-o', 'pid=,args='], { encoding: 'utf8' })
    .stdout.split('\n')
    .filter((line) => line.includes('fuse-overlayfs -o') && line.includes(root));

describe.skipIf(why)('roots that fuse-overlayfs mounts', () => {
  let engine: TestEngine;
  const own = ownedFiles(() => engine);
  const mounts = () => own.mounts().filter((line) => line.includes(' fuse.fuse-overlayfs '));

  const boot = async (env: Record<string, string> = {}) => {
    engine = await startTestEngine({ TCOMPOSE_STORAGE: 'fuse', ...env });
    const rootfs = readFileSync(packBusybox(staticBusybox()!, engine.root));
    expect((await engine.api('POST', '/images/create?fromSrc=-&repo=bb', rootfs)).status).toBe(200);
  };
  afterEach(async () => {
    const { root } = engine;
    expect(await engine.stop()).toEqual([]);
    await until(() => servers(root).length === 0, 'the programs to end');
  });

  const create = async (name: string, script: string, more: object = {}) => {
    const body = {
      Image: 'bb',
      Cmd: ['/bin/sh', '-c', script],
      HostConfig: { NetworkMode: 'none' },
      ...more,
    };
    const answer = await engine.api('POST', `/containers/create?name=${name}`, body);
    expect(answer.status, answer.text).toBe(201);
  };
  const start = async (name: string) => {
    const answer = await engine.retry('POST', `/containers/${name}/start`);
    expect(answer.status, answer.text).toBe(204);
  };
  const stateOf = async (name: string) =>
    (
      await engine.retry<{ State: { Status: string; ExitCode: number; Pid: number } }>(
        'GET',
        `/containers/${name}/json`,
      )
    ).json.State;
  const ended = (name: string) =>
    until(async () => (await stateOf(name)).Status === 'exited', `the end of ${name}`);
  const output = async (name: string) =>
    (await engine.retry('GET', `/containers/${name}/logs?stdout=1&stderr=1`)).text.replace(
      /[^\x20-\x7e\n]/g,
      '',
    );

  it('are what the engine says it has, and what a container sees; no mount of the engine’s stays', async () => {
    await boot();
    expect((await engine.api<{ Driver: string }>('GET', '/info')).json.Driver).toBe('fuse-overlayfs');
    await create('looks', 'grep " / " /proc/mounts; exec sleep 300');
    await start('looks');
    await until(async () => (await output('looks')).includes('/'), 'its output');
    expect(await output('looks')).toMatch(/fuse-overlayfs \/ fuse\.fuse-overlayfs/);
    expect(mounts()).toEqual([]);
    expect(servers(engine.root)).toHaveLength(1);
    await engine.api('DELETE', '/containers/looks?force=1');
    await until(() => servers(engine.root).length === 0, 'the program to end with its container');
  });

  it('keep what was written over a restart, and tell of it as other roots do', async () => {
    await boot();
    const script =
      'if [ -e /kept ]; then cat /kept; else echo first > /kept; rm /bin/true; rm -r /etc; mkdir /etc; echo x > /etc/new; chown 7:8 /kept; fi';
    await create('keeps', script);
    await start('keeps');
    await ended('keeps');
    await start('keeps');
    await until(async () => (await output('keeps')).includes('first'), 'the second run');
    await ended('keeps');
    const { json } = await engine.api<{ Path: string; Kind: number }[]>('GET', '/containers/keeps/changes');
    const kinds = Object.fromEntries(json.map(({ Path, Kind }) => [Path, Kind]));
    expect(kinds).toMatchObject({ '/kept': 1, '/bin/true': 2, '/etc/new': 1 });
    expect(json.filter(({ Path }) => Path.includes('.wh.'))).toEqual([]);
    const got = await engine.api('GET', '/containers/keeps/archive?path=/etc');
    expect(got.text).toContain('etc/new');
    const committed = await engine.api<{ Id: string }>('POST', '/commit?container=keeps&repo=made');
    expect(committed.status, committed.text).toBe(201);
    await create('again', 'ls -a /etc; ls /bin/true; ls -ln /kept', { Image: 'made' });
    await start('again');
    await ended('again');
    const said = await output('again');
    expect(said).toContain('new');
    expect(said).not.toContain('.wh.');
    expect(said).toMatch(/\/bin\/true: No such file/);
    expect(said).toMatch(/ 7 +8 /);
  });

  it.each(['start:state', 'start:spawned'])(
    'outlive an engine that is killed in a start at %s',
    async (point) => {
      await boot({ TCOMPOSE_FAULT: `${point}@2` });
      await create('stays', 'exec sleep 300');
      await start('stays');
      const { Pid } = await stateOf('stays');
      const first = await engine.enginePid();
      await create('cut', 'exec sleep 300');
      await expect(engine.api('POST', '/containers/cut/start')).rejects.toThrow();
      await until(async () => (await engine.enginePid()) !== first, 'the next engine');
      expect(await stateOf('stays')).toMatchObject({ Status: 'running', Pid });
      expect((await engine.api('GET', '/containers/stays/archive?path=/bin/busybox')).status).toBe(200);
      expect(mounts()).toEqual([]);
      for (const name of ['stays', 'cut'])
        expect((await engine.api('DELETE', `/containers/${name}?force=1`)).status).toBe(204);
    },
  );

  it('build images: what a command removed is not there, and no mark of the program’s is', async () => {
    await boot();
    const dockerfileText = [
      'FROM bb AS one',
      'RUN mkdir /d && echo old > /d/old && echo kept > /kept',
      'RUN rm -r /d && mkdir /d && echo new > /d/new && chown 5:6 /d/new',
      'FROM scratch',
      'COPY --from=one /d /d',
      'COPY --from=one /kept /',
    ].join('\n');
    const context = join(engine.root, 'context');
    const place = join(engine.root, 'out');
    expect(spawnSync('mkdir', [context, place]).status).toBe(0);
    const lines: string[] = [];
    const request = JSON.stringify({ context, dockerfileText, localOutput: place });
    await send(engine.socket, '/tcompose/build', request, (line) => lines.push(line));
    expect(lines.filter((line) => line.includes('"error"'))).toEqual([]);
    expect(readdirSync(place).sort()).toEqual(['d', 'kept']);
    expect(own.list(join(place, 'd'))).toEqual(['new']);
    expect(own.stat(join(place, 'd/new'))).toMatchObject({ uid: 5, gid: 6 });
    expect(mounts()).toEqual([]);
  });

  it('are told to be lost when the program is killed, with the way to have them again', async () => {
    await boot();
    await create('loses', 'echo kept >> /kept; exec sleep 300');
    await start('loses');
    await until(async () => servers(engine.root).length === 1, 'the program');
    const put = await engine.api('GET', '/containers/loses/archive?path=/bin/busybox');
    expect(put.status).toBe(200);
    process.kill(Number.parseInt(servers(engine.root)[0]!, 10), 'SIGKILL');
    await until(() => servers(engine.root).length === 0, 'its end');
    const asked = { Cmd: ['ls'], AttachStdout: true };
    const made = await engine.api<{ Id: string }>('POST', '/containers/loses/exec', asked);
    const run = await engine.api('POST', `/exec/${made.json.Id}/start`, { Detach: false });
    const copied = await engine.api<{ message: string; hint: string }>(
      'GET',
      '/containers/loses/archive?path=/bin/busybox',
    );
    expect([copied.status, copied.json.message]).toEqual([
      409,
      expect.stringContaining("the program that serves the container's root has ended"),
    ]);
    for (const text of [run.text, copied.json.hint]) {
      expect(text).toContain('Restart the container: its files are kept');
      expect(text).not.toContain('ENOTCONN');
    }
    expect((await engine.api('POST', '/containers/loses/restart?t=0')).status).toBe(204);
    const kept = async () => (await engine.api('GET', '/containers/loses/archive?path=/kept')).text;
    await until(async () => (await kept()).includes('kept\nkept'), 'what it wrote before and after');
  });

  it('show an image that is mounted', async () => {
    await boot();
    await create('mounts', 'ls /image/bin | grep -c busybox; touch /image/x; exec sleep 300', {
      HostConfig: { NetworkMode: 'none', Mounts: [{ Type: 'image', Source: 'bb', Target: '/image' }] },
    });
    await start('mounts');
    await until(async () => (await output('mounts')).includes('touch'), 'its output');
    expect(await output('mounts')).toMatch(/1\n.*Read-only file system/s);
    expect(mounts()).toEqual([]);
  });
});
