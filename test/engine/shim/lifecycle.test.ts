import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { encodeLaunchPlan } from '../../../src/runtime/launch/plan-codec.ts';
import { parseExitFile, parsePidFile } from '../../../src/runtime/shim/exit-file.ts';
import { connectShim } from '../../../src/runtime/shim/shim-client.ts';
import {
  logLines,
  makeSandbox,
  outputOf,
  runToEnd,
  shimBinary,
  spawnShim,
  untilState,
  whyNoContainers,
} from '../../support/shim.ts';

const reason = whyNoContainers();
if (reason !== undefined) console.log(`skipped: ${reason}`);

describe.skipIf(reason !== undefined)('a run', () => {
  const box = makeSandbox();
  afterAll(() => box.close());

  it('gives exit codes and output of both streams', async () => {
    const plan = box.plan('codes', ['sh', '-c', 'echo out; echo err >&2; exit 3']);
    expect(await runToEnd(plan)).toMatchObject({ type: 'exited', code: 3, signal: 0, oomKilled: false });
    expect(logLines(plan).sort()).toEqual(['stderr F err', 'stdout F out']);
  });

  it('gives 127 for a command that is not there and 126 for one that cannot be executed', async () => {
    expect(await runToEnd(box.plan('c127', ['no-such-command']))).toMatchObject({
      type: 'failed',
      phase: 'exec',
      op: 'execve',
      errno: 2,
      detail: 'no-such-command',
      exitCode: 127,
    });
    for (const [id, command] of [
      ['file', '/etc/passwd'],
      ['directory', '/usr'],
    ] as const)
      expect(await runToEnd(box.plan(`c126-${id}`, [command]))).toMatchObject({
        type: 'failed',
        exitCode: 126,
      });
  });

  it('tells which step of the set-up failed', async () => {
    const plan = box.plan('broken', ['true'], {
      setup: (ops) => [...ops.slice(0, 3), { op: 'sysctl', key: 'net.nothing', value: '1' }],
    });
    const end = await runToEnd(plan);
    expect(end).toMatchObject({ type: 'failed', phase: 'setup', step: 3, op: 'sysctl', errno: 2 });
    expect(parseExitFile(readFileSync(join(plan.runDir, 'exit'), 'utf8'))).toMatchObject({
      ...end,
      bootId: expect.any(String),
    });
  });

  it('gives 128 + signal, and leaves pid and exit files but no socket', async () => {
    const plan = box.plan('killed', ['sleep', '100']);
    const shim = await spawnShim(plan);
    const started = await untilState(shim, 'started');
    const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    expect(parsePidFile(readFileSync(join(plan.runDir, 'pid'), 'utf8'))).toEqual({
      bootId,
      pid: started.pid,
      startTime: started.startTime,
      shimPid: shim.shimPid,
    });
    await shim.signal(9);
    const exited = await untilState(shim, 'exited');
    expect(exited).toMatchObject({ code: 137, signal: 9 });
    await expect(shim.signal(15)).rejects.toMatchObject({ code: 'RUNTIME_SHIM' });
    expect(parseExitFile(readFileSync(join(plan.runDir, 'exit'), 'utf8'))).toEqual({ ...exited, bootId });
    await shim.reap();
    await new Promise<void>((resolve) => shim.onClose(() => resolve()));
    expect(existsSync(join(plan.runDir, 'shim.sock'))).toBe(false);
  });

  it('waits for its start, and may be killed before', async () => {
    const plan = box.plan('created', ['sh', '-c', 'echo ran'], { waitForStart: true });
    const shim = await spawnShim(plan);
    const created = await untilState(shim, 'created');
    expect(readFileSync(`/proc/${created.pid}/cmdline`, 'utf8')).not.toContain('echo ran');
    await shim.signal(9);
    expect(await untilState(shim, 'failed')).toMatchObject({ phase: 'clone', op: 'init', errno: 3 });
    await expect(shim.start()).rejects.toMatchObject({ code: 'RUNTIME_SHIM' });
    expect(logLines(plan)).toEqual([]);
    await shim.reap();
  });

  it('refuses to be reaped while the container lives', async () => {
    const shim = await spawnShim(box.plan('busy', ['sleep', '100']));
    await untilState(shim, 'started');
    await expect(shim.reap()).rejects.toMatchObject({ code: 'RUNTIME_SHIM' });
    await shim.signal(9);
    await untilState(shim, 'exited');
    await shim.reap();
  });

  it('runs as the user given, in a working directory that is made, with limits and environment', async () => {
    const text = await outputOf(
      box.plan(
        'user',
        ['sh', '-c', 'id -u; id -g; id -G; pwd; umask; ulimit -n; echo $HOME; echo ok > /dev/stdout'],
        {
          process: {
            uid: 1000,
            gid: 1001,
            groups: [7, 8],
            cwd: '/srv/app',
            umask: 0o077,
            rlimits: [{ resource: 7, soft: 300n, hard: 400n }],
          },
        },
      ),
    );
    expect(text).toBe('1000\n1001\n1001 7 8\n/srv/app\n0077\n300\n/root\nok\n');
  });

  it('has its own hostname, pids and mounts', async () => {
    const text = await outputOf(
      box.plan('ns', ['sh', '-c', 'hostname; echo $$; ls -d /work /home 2>/dev/null']),
    );
    expect(text).toBe('box\n1\n');
  });

  it('with --init forwards signals, reaps orphans and passes the exit code on', async () => {
    const script = 'trap "exit 5" TERM; (sleep 0.05 & ) ; echo ready; while :; do sleep 0.02; done';
    const plan = box.plan('init', ['sh', '-c', script], { process: { init: true }, waitForStart: true });
    const shim = await spawnShim(plan);
    await untilState(shim, 'created');
    const attached = await shim.attach({ stdin: false, stdout: true, stderr: false });
    const ready = new Promise<void>((resolve) => attached.onOutput(() => resolve()));
    await shim.start();
    await ready;
    await shim.signal(15);
    expect(await untilState(shim, 'exited')).toMatchObject({ code: 5 });
    await shim.reap();
  });

  it('with --init gets a signal that is sent the moment it has started', async () => {
    for (let round = 0; round < 30; round++) {
      const shim = await spawnShim(
        box.plan(`prompt-${round}`, ['sleep', '100'], { process: { init: true } }),
      );
      await untilState(shim, 'started');
      await shim.signal(15);
      expect(await untilState(shim, 'exited')).toMatchObject({ code: 143 });
      await shim.reap();
      shim.close();
    }
  });

  it('dies with its shim', async () => {
    const plan = box.plan('orphan', ['sleep', '100']);
    const shim = await spawnShim(plan);
    const { pid, startTime } = await untilState(shim, 'started');
    process.kill(shim.shimPid, 'SIGKILL');
    await new Promise<void>((resolve) => shim.onClose(() => resolve()));
    await expect.poll(() => isSameProcess(pid, startTime), { timeout: 90_000, interval: 10 }).toBe(false);
  });

  it('with --init leaves no zombie, and takes daemons along when the command ends', async () => {
    const script =
      '(sh -c "sleep 0.05 & echo \\$!" > /tmp/pid); p=$(cat /tmp/pid); while [ -d /proc/$p ]; do sleep 0.02; done; echo reaped; (setsid sleep 1000 &); echo left';
    for (const init of [true, false]) {
      // without one a shell is the first process and reaps as well
      const plan = box.plan(`daemon-${init}`, ['sh', '-c', script], { process: { init } });
      expect(await outputOf(plan)).toBe('reaped\nleft\n');
    }
  });

  it('learns of the end also when it was started by someone who ignores his children', async () => {
    const plan = box.plan('ignored', ['sh', '-c', 'exit 6']);
    execFileSync('env', ['--ignore-signal=CHLD', shimBinary, 'spawn'], { input: encodeLaunchPlan(plan) });
    const shim = await connectShim(plan.runDir);
    expect(await untilState(shim, 'exited')).toMatchObject({ code: 6 });
    await shim.reap();
  });

  it('says so when the pid namespace to be joined has ended', async () => {
    const shim = await spawnShim(box.plan('ended', ['sleep', '100']));
    const { pid } = await untilState(shim, 'started');
    const kept = join(box.dir, 'kept-pid-namespace');
    writeFileSync(kept, '');
    execFileSync('mount', ['--bind', `/proc/${pid}/ns/pid`, kept]);
    try {
      await shim.signal(9);
      await untilState(shim, 'exited');
      await shim.reap();
      const plan = box.plan('late', ['true']);
      expect(
        await runToEnd({ ...plan, namespaces: { ...plan.namespaces, pid: { path: kept } } }),
      ).toMatchObject({
        type: 'failed',
        phase: 'clone',
        op: 'clone',
        errno: 3,
        detail: 'the container is ending',
      });
    } finally {
      execFileSync('umount', [kept]);
    }
  });

  it('says so when the container to be joined by an exec has just ended', async () => {
    const shim = await spawnShim(box.plan('dying', ['sleep', '100']));
    const { pid, startTime } = await untilState(shim, 'started');
    process.kill(shim.shimPid, 'SIGSTOP'); // so that the dead init stays
    try {
      process.kill(pid, 'SIGKILL');
      await expect
        .poll(() => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]![0], { timeout: 90_000 })
        .toBe('Z');
      const base = box.plan('too-late', ['true']);
      const exec = { ...base.process, joinPid: pid, joinStartTime: startTime };
      expect(
        await runToEnd({ ...base, kind: 'exec', log: undefined, setup: [], process: exec }),
      ).toMatchObject({ type: 'failed', phase: 'clone', errno: 3 });
    } finally {
      process.kill(shim.shimPid, 'SIGCONT');
    }
    expect(await untilState(shim, 'exited')).toMatchObject({ signal: 9 });
    await shim.reap();
  });

  it('may have fewer descriptors than its start takes, and an OOM score', async () => {
    const script = ['/usr/bin/busybox', 'sh', '-c', 'pwd; ulimit -n; cat /proc/self/oom_score_adj'];
    const limits = {
      rlimits: [{ resource: 7, soft: 4n, hard: 4n }],
      oomScoreAdj: 321,
      cwd: '/not/there/yet',
    };
    expect(await outputOf(box.plan('few', script, { process: limits }))).toBe('/not/there/yet\n4\n321\n');
  });

  it('works in a run directory whose socket path is too long for an address', async () => {
    const plan = box.plan(`long-${'x'.repeat(150)}`, ['true']);
    expect(await runToEnd(plan)).toMatchObject({ type: 'exited', code: 0 });
  });
});

function isSameProcess(pid: number, startTime: bigint): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] !== 'Z' && BigInt(fields[19]!) === startTime;
  } catch {
    return false;
  }
}
