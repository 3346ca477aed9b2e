import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { ContainerInspect } from '../../../src/engine/api/container.ts';
import type { Info } from '../../../src/engine/api/system.ts';
import { docker, startTestEngine, type TestEngine, until } from '../../support/engine.ts';
import { missingRuntimes, runtimes, whyNoRuntimes } from './runtimes.ts';

const why = whyNoRuntimes();
if (why) console.log(`skipped: ${why}`);
const noDocker = spawnSync('docker', ['--version']).error !== undefined;
if (!why && noDocker) console.log('skipped: the docker CLI is not on PATH');
if (!why) for (const name of missingRuntimes) console.log(`skipped in part: ${name} is not on this machine`);

/** An older client of Docker's tells the size once the command runs. */
const sized = 'until stty size | grep -qv "^0 0"; do sleep 0.05; done; stty size';

describe.skipIf(why || noDocker)('containers of another OCI runtime', () => {
  let engine: TestEngine;
  beforeAll(async () => {
    engine = await startTestEngine();
  });
  afterAll(async () => {
    expect(await engine.stop()).toEqual([]);
  });

  const run = (...args: string[]) => docker(engine, ['run', ...args]);
  const inspect = async (name: string): Promise<ContainerInspect> =>
    (await engine.api<ContainerInspect>('GET', `/containers/${name}/json`)).json;
  /** A command in a terminal of the given size. */
  const inTerminal = (command: string) =>
    spawnSync('script', ['-qec', `stty rows 33 cols 77; ${command}`, '/dev/null'], {
      env: engine.dockerEnv,
      encoding: 'utf8',
      input: '',
      timeout: 90_000,
    });

  describe.each(runtimes)('with %s', (runtime) => {
    const image = ['--runtime', runtime, 'tcompose/host'];
    const name = `own-${runtime}`;

    it('runs a command with its output, input and exit code', () => {
      const result = run('--rm', ...image, 'sh', '-c', 'echo out; echo err >&2; exit 7');
      expect(result).toEqual({ status: 7, stdout: 'out\n', stderr: 'err\n' });
      const piped = docker(engine, ['run', '--rm', '-i', ...image, 'cat'], 'through\n');
      expect(piped).toEqual({ status: 0, stdout: 'through\n', stderr: '' });
    });

    it('hands on no descriptor, no variable and no signal of ours', () => {
      const script =
        'ls /proc/self/fd; tr "\\0" "\\n" < /proc/1/environ | cut -d= -f1 | sort; exec grep -E "Sig(Ign|Blk)" /proc/self/status';
      const { stdout } = run('--rm', ...image, 'sh', '-c', script);
      expect(stdout).toMatch(/^0\n1\n2\n3\n/);
      expect(stdout).toContain('SigIgn:\t0000000000000000\n');
      expect(stdout).toBe(run('--rm', 'tcompose/host', 'sh', '-c', script).stdout);
    });

    it('takes user, directory, mounts, limits and the rest as the built-in one does', () => {
      const host = join(engine.root, `bind-${runtime}`);
      mkdirSync(host);
      writeFileSync(join(host, 'file'), 'from the machine');
      const script = [
        'id -u; pwd; hostname; cat /bind/file; echo',
        'touch /bind/x 2>/dev/null || echo bind is read-only',
        'touch /x 2>/dev/null || echo root is read-only',
        'echo kept > /data/kept && echo t > /tmp/t && echo writable',
        'ulimit -n; grep NoNewPrivs /proc/self/status; grep Seccomp: /proc/self/status',
        'cat /proc/sys/net/ipv4/ip_unprivileged_port_start; cat /proc/kcore 2>/dev/null | head -c1; echo',
      ].join('\n');
      const options = `--rm --read-only -u 1000 -w /srv/deep --hostname hh -v ${host}:/bind:ro -v data-${runtime}:/data --tmpfs /tmp --ulimit nofile=99 --security-opt no-new-privileges --sysctl net.ipv4.ip_unprivileged_port_start=70`;
      const volume = docker(engine, [
        'run',
        '--rm',
        '-v',
        `data-${runtime}:/data`,
        ...image,
        'chmod',
        '777',
        '/data',
      ]);
      expect(volume.status).toBe(0);
      const { stdout } = run(...options.split(' '), ...image, 'sh', '-c', script);
      expect(stdout.replaceAll('\t', ' ').trim().split('\n')).toEqual([
        '1000',
        '/srv/deep',
        'hh',
        'from the machine',
        'bind is read-only',
        'root is read-only',
        'writable',
        '99',
        'NoNewPrivs: 1',
        'Seccomp: 2',
        '70',
      ]);
      const kept = run('--rm', '-v', `data-${runtime}:/data`, 'tcompose/host', 'cat', '/data/kept');
      expect(kept.stdout).toBe('kept\n');
    });

    it('mounts a part of a volume, and none outside to which a link leads', async () => {
      const volume = `parts-${runtime}`;
      const make =
        'mkdir -p /v/a/b && echo part > /v/a/b/file && echo one > /v/single && ln -s /etc /v/out && ln -s a /v/a2';
      expect(run('--rm', '-v', `${volume}:/v`, 'tcompose/host', 'sh', '-c', make).status).toBe(0);
      // The docker CLI of older releases has no word for it.
      const part = async (Subpath: string, Target: string, Cmd: string[]): Promise<string> => {
        const Mounts = [{ Type: 'volume', Source: volume, Target, VolumeOptions: { Subpath } }];
        const made = await engine.api<{ Id: string }>('POST', '/containers/create', {
          Image: 'tcompose/host',
          Cmd,
          HostConfig: { Runtime: runtime, Mounts },
        });
        const { Id } = made.json;
        const started = await engine.api('POST', `/containers/${Id}/start`);
        if (started.status !== 204) return started.text;
        await engine.api('POST', `/containers/${Id}/wait`);
        return docker(engine, ['logs', Id]).stdout;
      };
      expect(await part('a/b', '/part', ['cat', '/part/file'])).toBe('part\n');
      expect(await part('single', '/srv/single', ['cat', '/srv/single'])).toBe('one\n');
      expect(await part('a2/b', '/part', ['cat', '/part/file'])).toBe('part\n');
      for (const link of ['out', 'a/../out']) {
        expect(await part(link, '/part', ['ls', '/part'])).toContain('cannot access path');
      }
    });

    it('has a terminal of the size asked for', () => {
      const { stdout } = inTerminal(
        `docker run --rm -it ${image.join(' ')} sh -c 'test -t 0 && ${sized} && tty; exit 3' && echo no || echo code $?`,
      );
      expect(stdout.replaceAll('\r', '').replaceAll('\0', '')).toMatch(/33 77\n\/dev\/pts\/0\ncode 3\n/);
    });

    it('is watched, executed in, paused and stopped while it runs', async () => {
      const loop =
        'touch /tmp/ok; echo started; trap "echo stopping; exit 9" TERM; trap "echo usr1" USR1; while :; do sleep 0.05; done';
      const args =
        '-d --init -m 64m --health-cmd=test&&-e&&/tmp/ok --health-interval=200ms -p 127.0.0.1:0:80 --name'.split(
          ' ',
        );
      const started = run(...args.map((one) => one.replaceAll('&&', ' ')), name, ...image, 'sh', '-c', loop);
      expect(started).toMatchObject({ status: 0, stderr: '' });
      await until(async () => (await inspect(name)).State.Health?.Status === 'healthy', 'the check');
      const { HostConfig, State } = await inspect(name);
      expect(HostConfig.Runtime).toBe(runtime);
      expect(readFileSync(`/proc/${State.Pid}/cmdline`, 'utf8')).toContain('tcompose-init');

      const exec = docker(
        engine,
        [
          'exec',
          '-i',
          '-e',
          'A=b',
          '-u',
          'nobody',
          '-w',
          '/tmp',
          name,
          'sh',
          '-c',
          'cat; id -un; echo $A; pwd; echo e >&2; exit 4',
        ],
        'in\n',
      );
      expect(exec).toEqual({ status: 4, stdout: 'in\nnobody\nb\n/tmp\n', stderr: 'e\n' });
      const tty = inTerminal(`docker exec -it ${name} sh -c '${sized}; exit 5'; echo code $?`);
      expect(tty.stdout.replaceAll('\r', '').replaceAll('\0', '')).toMatch(/33 77\ncode 5\n/);
      expect(docker(engine, ['exec', '-d', name, 'touch', '/tmp/detached']).status).toBe(0);
      await until(
        () => docker(engine, ['exec', name, 'test', '-e', '/tmp/detached']).status === 0,
        'the exec',
      );

      expect(docker(engine, ['top', name]).stdout).toContain('sleep');
      const stats = docker(engine, ['stats', '--no-stream', '--format', '{{.MemUsage}} {{.PIDs}}', name]);
      expect(stats.stdout).toMatch(/iB \/ 64MiB [1-9]/);
      expect(docker(engine, ['update', '-m', '96m', '--memory-swap', '96m', name]).status).toBe(0);
      expect(docker(engine, ['stats', '--no-stream', '--format', '{{.MemUsage}}', name]).stdout).toContain(
        '96MiB',
      );

      expect(docker(engine, ['pause', name]).status).toBe(0);
      expect((await inspect(name)).State.Status).toBe('paused');
      expect(docker(engine, ['unpause', name]).status).toBe(0);

      expect(docker(engine, ['kill', '-s', 'USR1', name]).status).toBe(0);
      await until(() => docker(engine, ['logs', name]).stdout.includes('usr1'), 'the signal');
      expect(docker(engine, ['stop', name]).status).toBe(0);
      expect((await inspect(name)).State).toMatchObject({ Status: 'exited', ExitCode: 9 });
      expect(docker(engine, ['logs', name]).stdout).toBe('started\nusr1\nstopping\n');
      expect(docker(engine, ['start', name]).status).toBe(0);
      expect(docker(engine, ['exec', name, 'cat', '/tmp/ok']).status).toBe(0);
      expect(docker(engine, ['rm', '-f', name]).status).toBe(0);
    });

    it('is restarted by its policy, and an OOM kill is told', async () => {
      run('-d', '--name', name, '--restart', 'on-failure:2', ...image, 'sh', '-c', 'echo run; exit 1');
      await until(async () => (await inspect(name)).State.Status === 'exited', 'the last exit');
      expect(await inspect(name)).toMatchObject({ RestartCount: 2, State: { ExitCode: 1 } });
      expect(docker(engine, ['logs', name]).stdout).toBe('run\nrun\nrun\n');
      docker(engine, ['rm', name]);
      const eater = 'x=a; while :; do x=$x$x$x$x; done';
      run('-d', '--name', name, '-m', '16m', '--memory-swap', '16m', ...image, 'sh', '-c', eater);
      await until(async () => (await inspect(name)).State.Status === 'exited', 'the OOM kill');
      expect((await inspect(name)).State).toMatchObject({ OOMKilled: true, ExitCode: 137 });
      docker(engine, ['rm', name]);
    });

    it('is on networks with containers of the built-in one, also when joined and connected later', async () => {
      docker(engine, ['network', 'create', `n-${runtime}`]);
      const on = ['--network', `n-${runtime}`];
      run('-d', '--name', `own-peer-${runtime}`, ...on, 'tcompose/host', 'sleep', '300');
      run('-d', '--name', name, ...on, ...image, 'sleep', '300');
      const lookup = (from: string, to: string) => docker(engine, ['exec', from, 'getent', 'hosts', to]);
      expect(lookup(name, `own-peer-${runtime}`).stdout).toContain(`own-peer-${runtime}`);
      expect(lookup(`own-peer-${runtime}`, name).stdout).toContain(name);
      const joined = run('--rm', '--network', `container:${name}`, ...image, 'cat', '/proc/net/dev');
      expect(joined.stdout).toContain('eth0');
      expect(docker(engine, ['network', 'connect', 'bridge', name]).status).toBe(0);
      expect(docker(engine, ['exec', name, 'cat', '/proc/net/dev']).stdout).toContain('eth1');
      docker(engine, ['rm', '-f', name, `own-peer-${runtime}`]);
      docker(engine, ['network', 'rm', `n-${runtime}`]);
    });

    it('says which command it can not run, as the built-in one does', () => {
      expect(run('--rm', ...image, 'no-such-command').stderr).toContain('no-such-command');
      const created = docker(engine, ['create', '--name', name, ...image, 'no-such-command']);
      expect(created.status).toBe(0);
      expect(docker(engine, ['start', name]).stderr).toContain(`${runtime} create`);
      expect(docker(engine, ['inspect', '-f', '{{.State.ExitCode}}', name]).stdout).toBe('127\n');
      docker(engine, ['rm', name]);
    });

    it('leaves nothing in its run directories', async () => {
      // What a removal puts away is gone a moment after the answer; containers of others may be in the runtime's own directory, where each is told by its bundle's path.
      const names = (directory: string): string[] =>
        existsSync(directory) ? readdirSync(directory).map((name) => join(directory, name)) : [];
      const left = (): string[] =>
        [
          ...names(join(engine.root, 'run/c')),
          ...names(join(engine.root, 'run/e')),
          ...spawnSync('grep', ['-rlF', engine.root, `/run/${runtime}`], { encoding: 'utf8' }).stdout.split(
            '\n',
          ),
        ].filter(Boolean);
      await until(async () => left().length === 0, `${left()} to go`);
    });
  });

  it('are listed by the engine', async () => {
    const { Runtimes, DefaultRuntime } = (await engine.api<Info>('GET', '/info')).json;
    expect(DefaultRuntime).toBe('tcompose');
    expect(Object.keys(Runtimes)).toEqual(['tcompose', ...runtimes]);
  });
});
