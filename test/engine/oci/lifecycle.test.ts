import { spawn } from 'node:child_process';
import { existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BundleRoom, leftOver, makeBundleRoom } from '../../support/bundle.ts';
import { type OciRuntime, ociRuntime, whyNoRuntime } from '../../support/oci-cli.ts';

const reason = whyNoRuntime();
if (reason !== undefined) console.log(`skipped: ${reason}`);

describe.skipIf(reason !== undefined)('tcompose oci', () => {
  let room: BundleRoom;
  let oci: OciRuntime;
  beforeAll(() => {
    room = makeBundleRoom();
    oci = ociRuntime(room);
  });
  afterAll(() => room.close());

  /** A command that is given files as its stdio, as a container that outlives its creator needs them. */
  async function withFiles(output: string, ...words: string[]): Promise<number | null> {
    const [program = '', ...rest] = [...oci.words, ...words];
    const child = spawn(program, rest, {
      stdio: ['ignore', openSync(output, 'a'), openSync(output, 'a')],
      env: { ...process.env, TCOMPOSE_ROOT: room.dir },
    });
    return new Promise((resolve) => child.on('exit', resolve));
  }

  it('takes a container through its life', async () => {
    const words = ['sh', '-c', 'trap "echo bye; exit 7" TERM; echo up; while :; do sleep 0.01; done'];
    const bundle = oci.bundle(words, { annotations: { 'org.example': '1' } });
    const pidFile = join(room.dir, 'pid-file');
    const output = join(room.dir, 'output');
    expect(await withFiles(output, 'create', '--bundle', bundle, '--pid-file', pidFile, 'life')).toBe(0);
    const created = oci.stateOf('life');
    expect(created).toMatchObject({
      id: 'life',
      status: 'created',
      bundle,
      annotations: { 'org.example': '1' },
    });
    expect(readFileSync(pidFile, 'utf8')).toBe(String(created.pid));
    expect(readFileSync(output, 'utf8')).toBe('');
    expect(oci.call('create', '--bundle', bundle, 'life').err).toMatch(/exists already/);
    expect(oci.call('delete', 'life').err).toMatch(/is created and cannot be deleted/);

    // What config.json becomes after `create` has no effect.
    writeFileSync(join(bundle, 'config.json'), '{}');
    expect(oci.call('start', 'life').status).toBe(0);
    expect(oci.stateOf('life')).toMatchObject({ status: 'running', pid: created.pid });
    expect(oci.call('start', 'life')).toMatchObject({
      status: 1,
      err: expect.stringMatching(/is running and cannot be started/),
    });
    expect(oci.call('delete', 'life').err).toMatch(/is running and cannot be deleted/);
    while (!readFileSync(output, 'utf8').includes('up')) await sleep(5);

    expect(oci.call('kill', 'life', 'TERM').status).toBe(0);
    await oci.until('life', 'stopped');
    expect(readFileSync(output, 'utf8')).toBe('up\nbye\n');
    expect(oci.call('kill', 'life').err).toMatch(/is stopped: there is no process/);
    expect(oci.call('start', 'life').err).toMatch(/is stopped and cannot be started/);
    expect(oci.call('delete', 'life').status).toBe(0);
    expect(oci.call('state', 'life').err).toMatch(/does not exist/);
    expect(oci.call('delete', 'life')).toMatchObject({
      status: 1,
      err: expect.stringMatching(/does not exist/),
    });
    expect(leftOver(room)).toEqual([]);
  });

  it('deletes a running or merely created container by force', async () => {
    const bundle = oci.bundle(['sleep', 'infinity']);
    const output = join(room.dir, 'output');
    await withFiles(output, 'create', '--bundle', bundle, 'a');
    const made = oci.stateOf('a');
    oci.call('delete', '--force', 'a');
    expect(existsSync(`/proc/${made.pid}/exe`)).toBe(false);
    await withFiles(output, 'run', '--detach', '--bundle', bundle, 'b');
    const { pid, status } = oci.stateOf('b');
    expect(status).toBe('running');
    expect(oci.call('delete', '--force', 'b').status).toBe(0);
    expect(existsSync(`/proc/${pid}/exe`)).toBe(false);
    expect(oci.call('delete', '--force', 'b').status).toBe(0);
    expect(leftOver(room)).toEqual([]);
  });

  it('runs further processes, and holds and limits them all', async () => {
    const bundle = oci.bundle(['sleep', 'infinity'], { process: { env: ['PATH=/usr/bin:/bin', 'A=own'] } });
    await withFiles(join(room.dir, 'output'), 'run', '-d', '--bundle', bundle, 'e');
    const words = ['sh', '-c', 'echo $A $B; id -u; pwd; cat; echo err >&2; exit 5'];
    const flags = ['--env', 'B=2', '--user', '7:8', '--cwd', '/tmp'];
    expect(oci.call('exec', ...flags, 'e', ...words)).toEqual({
      status: 5,
      out: 'own 2\n7\n/tmp\n',
      err: 'err\n',
    });
    const document = {
      args: ['sh', '-c', 'echo $A $B'],
      env: ['PATH=/bin', 'B=3'],
      cwd: '/',
      user: { uid: 0, gid: 0 },
    };
    writeFileSync(join(room.dir, 'process.json'), JSON.stringify(document));
    expect(oci.call('exec', '--process', join(room.dir, 'process.json'), 'e')).toMatchObject({
      status: 0,
      out: '3\n',
    });
    expect(oci.call('exec', 'e', 'nosuch')).toMatchObject({
      status: 127,
      err: expect.stringMatching(/not found in \$PATH/),
    });
    expect(oci.call('exec', '--cwd', '/nowhere', 'e', 'true').err).toMatch(/nowhere/);

    const { pid } = oci.stateOf('e');
    expect(JSON.parse(oci.call('ps', '--format', 'json', 'e').out)).toEqual([pid]);
    expect(JSON.parse(oci.call('list', '--format', 'json').out)).toMatchObject([
      { id: 'e', status: 'running', pid },
    ]);
    expect(oci.call('pause', 'e').status).toBe(0);
    expect(oci.stateOf('e').status).toBe('paused');
    expect(oci.call('exec', 'e', 'true').err).toMatch(/is paused: nothing can be run in it/);
    expect(oci.call('pause', 'e').err).toMatch(/is paused and cannot be paused/);
    expect(oci.call('resume', 'e').status).toBe(0);
    expect(oci.call('update', '--pids-limit', '40', 'e').status).toBe(0);
    const { data } = JSON.parse(oci.call('events', '--stats', 'e').out) as { data: { pids: object } };
    expect(data.pids).toEqual({ current: 1, limit: 40 });
    expect(oci.call('kill', '--all', 'e', 'KILL').status).toBe(0);
    await oci.until('e', 'stopped');
    expect(oci.call('exec', 'e', 'true').err).toMatch(/is stopped: nothing can be run in it/);
    oci.call('delete', 'e');
    expect(leftOver(room)).toEqual([]);
  });

  it('gives the exit code and output of a run', async () => {
    expect(await room.run(['sh', '-c', 'echo out; echo err >&2; exit 3'])).toEqual({
      status: 3,
      out: 'out\n',
      err: 'err\n',
    });
    const bundle = oci.bundle(['sh', '-c', 'readlink /proc/self/fd/1; exit 4']);
    const ran = oci.call('run', '--bundle', bundle, 'inherits');
    expect(ran).toMatchObject({ status: 4, err: '' });
    expect(ran.out).toMatch(/^(pipe|socket):/);
    const killed = room.run(['sh', '-c', 'kill -SEGV $$; exit 9'], { hostConfig: { PidMode: 'host' } });
    expect((await killed).status).toBe(139);
  });

  it.each([
    ['a missing command', ['nosuch'], /"nosuch": executable file not found in \$PATH/, 127],
    ['a directory as the command', ['/etc'], /"\/etc": permission denied/, 126],
  ])('says what is wrong with %s, at create', (_what, args, message, status) => {
    const bundle = oci.bundle(args);
    const log = join(room.dir, 'log');
    rmSync(log, { force: true });
    const failed = oci.call('--log', log, '--log-format', 'json', 'create', '--bundle', bundle, 'x');
    expect(failed).toMatchObject({ status, err: expect.stringMatching(message) });
    expect(JSON.parse(readFileSync(log, 'utf8'))).toMatchObject({
      level: 'error',
      msg: expect.stringMatching(message),
    });
    expect(leftOver(room)).toEqual([]);
  });

  it('says which mount source is missing', async () => {
    const mounts = [{ type: 'bind', source: '/no/such/place', target: '/x', readOnly: false }] as const;
    await expect(room.run(['true'], { mounts })).rejects.toThrow(
      'bind source path does not exist: /no/such/place',
    );
    expect(leftOver(room)).toEqual([]);
  });

  it('refuses bundles that are none', () => {
    const bundle = room.bundle(['true']);
    expect(oci.call('run', '--bundle', join(room.dir, 'nowhere'), 'x').err).toMatch(
      /config.json cannot be read/,
    );
    const path = join(bundle, 'config.json');
    writeFileSync(path, '{"ociVersion":"2.0"}');
    expect(oci.call('run', '--bundle', bundle, 'x').err).toMatch(/of OCI version 2.0/);
    writeFileSync(path, '{"ociVersion":"1.0.2","root":{"path":"rootfs"},"linux":{}}');
    expect(oci.call('run', '--bundle', bundle, 'x').err).toMatch(/process is missing/);
    expect(oci.call('run', '--bundle', bundle, '../x').err).toMatch(/is not a container id/);
    expect(oci.call('--systemd-cgroup', 'create', '--bundle', bundle, 'x').err).toMatch(/made directly here/);
    expect(oci.call('kill', 'nobody', 'KILL').err).toMatch(/container nobody does not exist/);
  });

  it('writes a configuration to begin with, and tells its versions and what it can do', () => {
    const bundle = room.bundle(['true']);
    rmSync(join(bundle, 'config.json'));
    expect(oci.call('spec', '--bundle', bundle).status).toBe(0);
    expect(oci.call('spec', '--bundle', bundle).err).toMatch(/exists already/);
    const spec = JSON.parse(readFileSync(join(bundle, 'config.json'), 'utf8'));
    spec.process = { ...spec.process, terminal: false, args: ['/bin/true'] };
    spec.mounts = [
      ...spec.mounts,
      { destination: '/usr', type: 'bind', source: '/usr', options: ['rbind', 'ro'] },
    ];
    writeFileSync(join(bundle, 'config.json'), JSON.stringify(spec));
    expect(oci.call('run', '--bundle', bundle, 'first')).toEqual({ status: 0, out: '', err: '' });
    expect(oci.call('--version').out).toMatch(/^tcompose-oci version \d+\.\d+\.\d+\nspec: 1\.\d+\.\d+\n$/);
    expect(JSON.parse(oci.call('features').out)).toMatchObject({
      hooks: expect.arrayContaining(['createContainer']),
      mountOptions: expect.arrayContaining(['rnosymfollow', 'tmpcopyup']),
      linux: { namespaces: expect.arrayContaining(['time']), mountExtensions: { idmap: { enabled: true } } },
    });
  });
});
