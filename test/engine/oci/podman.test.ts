import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packBusybox, staticBusybox } from '../../support/busybox.ts';
import { until } from '../../support/engine.ts';
import { cli, whyNoRuntime } from '../../support/oci-cli.ts';

/** Why podman is not available for a test, or undefined. */
function whyNoPodman(): string | undefined {
  const version = spawnSync('podman', ['--version'], { encoding: 'utf8' }).stdout ?? '';
  const major = Number(/version (\d+)\./.exec(version)?.[1] ?? 0);
  if (major < 4) return `podman 4 or later is not installed (found: ${version.trim() || 'none'})`;
  if (spawnSync('conmon', ['--version']).error !== undefined) return 'conmon is not installed';
  if (staticBusybox() === undefined) return 'no static busybox is installed';
  return whyNoRuntime();
}

const reason = whyNoPodman();
if (reason !== undefined) console.log(`skipped: ${reason}`);

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

describe.skipIf(reason !== undefined)('podman with this runtime', () => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'tcompose-podman-'));
    // podman may hand a runtime an environment of its own
    const lines = ['#!/bin/sh', `export TCOMPOSE_ROOT=${dir}/t`, `exec ${process.execPath} ${cli} oci "$@"`];
    writeFileSync(join(dir, 'tcompose-oci'), `${lines.join('\n')}\n`, { mode: 0o755 });
    expect(podman('import', packBusybox(staticBusybox()!, dir), 'bb:1').status).toBe(0);
  });
  afterAll(async () => {
    podman('rm', '--all', '--force', '--time', '0');
    // What podman leaves to clean up behind it would make the directory again.
    const works = () =>
      readdirSync('/proc').some((pid) => /^\d+$/.test(pid) && commandLine(pid).includes(dir));
    await until(() => !works(), 'the last process of podman to end');
    for (const line of readFileSync('/proc/self/mountinfo', 'utf8').split('\n')) {
      const target = line.split(' ')[4] ?? '';
      if (target.startsWith(`${dir}/`)) spawnSync('umount', ['-l', target]);
    }
    rmSync(dir, { recursive: true, force: true });
  });

  function podman(...words: string[]) {
    const places = ['--root', `${dir}/l`, '--runroot', `${dir}/r`, '--tmpdir', `${dir}/tmp`];
    const ways = ['--storage-driver', 'vfs', '--cgroup-manager', 'cgroupfs', '--events-backend', 'file'];
    const args = [...places, ...ways, '--runtime', join(dir, 'tcompose-oci'), ...words];
    const { status, stdout, stderr } = spawnSync('podman', args, {
      encoding: 'utf8',
      env: { ...process.env, PODMAN_IGNORE_CGROUPSV1_WARNING: '1' },
    });
    return { status, out: stdout, err: stderr };
  }
  // Podman asks for high limits of its own, which bring a warning on machines where raising them is not permitted.
  const limits = ['nofile', 'nproc'].flatMap((name) => ['--ulimit', `${name}=1024:1024`]);
  const run = (...words: string[]) => podman('run', '--network', 'none', ...limits, ...words);
  const known = (): string[] => {
    const root = join(dir, 't/run/oci');
    return existsSync(root) ? readdirSync(root) : [];
  };

  it('runs, and tells exit codes and what is wrong', () => {
    const words = ['sh', '-c', 'echo out; echo err >&2; exit 4'];
    expect(run('--rm', 'bb:1', ...words)).toEqual({ status: 4, out: 'out\n', err: 'err\n' });
    expect(run('--rm', 'bb:1', 'nosuch')).toMatchObject({
      status: 127,
      err: expect.stringMatching(/executable file not found in \$PATH/),
    });
    expect(run('--rm', 'bb:1', '/etc')).toMatchObject({
      status: 126,
      err: expect.stringMatching(/permission denied/),
    });
    expect(run('--rm', '--tty', 'bb:1', 'sh', '-c', 'test -t 1 && echo terminal').out).toBe('terminal\r\n');
    const user = run(
      '--rm',
      '--user',
      '1000',
      '--tmpfs',
      '/etc:rw',
      'bb:1',
      'sh',
      '-c',
      'id -u; cat /etc/group | head -1',
    );
    expect(user).toEqual({ status: 0, out: '1000\nroot:x:0:\n', err: '' });
    const mapped = run(
      '--rm',
      '--uidmap',
      '0:100000:65536',
      '--gidmap',
      '0:100000:65536',
      'bb:1',
      'cat',
      '/proc/self/uid_map',
    );
    expect(mapped.out.trim().split(/\s+/)).toEqual(['0', '100000', '65536']);
    expect(known()).toEqual([]);
  });

  it('takes a container through its life', () => {
    const script = 'trap "echo bye; exit 9" TERM; echo up; while :; do sleep 0.05; done';
    const started = run(
      '--detach',
      '--name',
      'life',
      '--health-cmd',
      'test -e /tmp/well',
      '--health-interval',
      'disable',
      'bb:1',
      'sh',
      '-c',
      script,
    );
    expect(started).toMatchObject({ status: 0, err: '' });
    expect(podman('exec', 'life', 'sh', '-c', 'echo within; exit 6')).toMatchObject({
      status: 6,
      out: 'within\n',
    });
    expect(podman('exec', 'life', 'nosuch')).toMatchObject({ status: 127 });
    expect(podman('exec', '--tty', 'life', 'sh', '-c', 'test -t 0 && echo terminal').out).toBe(
      'terminal\r\n',
    );
    expect(podman('healthcheck', 'run', 'life').status).toBe(1);
    expect(podman('exec', 'life', 'touch', '/tmp/well').status).toBe(0);
    expect(podman('healthcheck', 'run', 'life').status).toBe(0);
    expect(podman('pause', 'life').status).toBe(0);
    expect(podman('inspect', '--format', '{{.State.Status}}', 'life').out).toBe('paused\n');
    expect(podman('unpause', 'life').status).toBe(0);
    expect(podman('stop', '--time', '30', 'life').status).toBe(0);
    expect(podman('logs', 'life').out).toBe('up\nbye\n');
    expect(podman('wait', 'life').out).toBe('9\n');
    expect(podman('start', 'life').status).toBe(0);
    expect(podman('kill', 'life').status).toBe(0);
    expect(podman('wait', 'life').out).toBe('137\n');
    expect(podman('rm', 'life').status).toBe(0);
    expect(known()).toEqual([]);
  });

  it('removes one that runs, and one that was only made', () => {
    expect(podman('create', '--network', 'none', '--name', 'made', 'bb:1', 'true').status).toBe(0);
    expect(podman('init', 'made').status).toBe(0);
    expect(known()).toHaveLength(1);
    expect(run('--detach', '--name', 'runs', 'bb:1', 'sleep', '1000').status).toBe(0);
    const removed = podman('rm', '--force', '--time', '0', 'made', 'runs');
    expect([removed.status, removed.err]).toEqual([0, '']);
    expect(known()).toEqual([]);
  });
});
