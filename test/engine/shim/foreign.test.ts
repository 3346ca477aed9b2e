import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ForeignPlan, LaunchPlan } from '../../../src/runtime/launch/launch-plan.ts';
import {
  logLines,
  makeSandbox,
  runToEnd,
  type Sandbox,
  spawnShim,
  untilState,
  whyNoContainers,
} from '../../support/shim.ts';

const why = whyNoContainers();
if (why) console.log(`skipped: ${why}`);

/** A runtime whose container is a process of this machine that waits in a fifo for its start. */
const runtime = `#!/bin/sh
command=$1
case $command in
  create)
    ls /proc/self/fd > seen.fds; env > seen.env; cat /proc/self/mountinfo > seen.mounts; pwd > seen.pwd
    mkfifo go
    exec 3<&0 # a shell takes stdin away from what it leaves behind
    (exec 3<&-; trap "echo usr1" USR1; read word < go; echo started; echo error >&2; read line || read line; echo "read $line"; exit 5) <&3 &
    echo $! > runtime.pid ;;
  start) echo go > go; echo "a word of start" >&2 ;;
  kill) kill -"$2" "$(cat runtime.pid)" ;;
  delete) touch deleted ;;
  fail) echo "cannot do it" >&2; exit 3 ;;
esac
`;

describe.skipIf(why)('a shim that drives another runtime', () => {
  let sandbox: Sandbox;
  let program: string;
  beforeAll(() => {
    sandbox = makeSandbox();
    program = join(sandbox.dir, 'runtime');
    writeFileSync(program, runtime);
    chmodSync(program, 0o755);
  });
  afterAll(() => sandbox.close());

  const planOf = (id: string, foreign: Partial<ForeignPlan> = {}, change: object = {}): LaunchPlan => {
    const plan = sandbox.plan(id, ['unused'], change);
    const bundle = join(plan.runDir, 'oci');
    mkdirSync(bundle, { mode: 0o700 });
    writeFileSync(join(bundle, 'netns'), '');
    return {
      ...plan,
      host: [],
      setup: plan.setup.filter(({ op }) => op === 'rootfs-overlay'),
      foreign: {
        bundle,
        env: ['PATH=/usr/bin:/bin', 'A=b'],
        create: [program, 'create'],
        start: [program, 'start'],
        kill: [program, 'kill'],
        delete: [program, 'delete'],
        hide: [],
        sources: [],
        ...foreign,
      },
    };
  };
  const seen = (plan: LaunchPlan, what: string): string =>
    readFileSync(join(plan.foreign!.bundle, what), 'utf8').trim();

  it('is the parent of what it has made, and gives it stdin, output and an end', async () => {
    const plan = planOf('parent', {}, { stdio: { stdin: true, stdinOnce: true }, waitForStart: true });
    const shim = await spawnShim(plan);
    const { pid, startTime } = await untilState(shim, 'created');
    expect(pid).toBe(Number(seen(plan, 'runtime.pid')));
    expect(readFileSync(`/proc/${pid}/stat`, 'utf8')).toContain(` ${startTime} `);
    const attachment = await shim.attach({ stdin: true, stdout: true, stderr: true });
    await shim.start();
    const started = await untilState(shim, 'started');
    expect(started.warnings).toContain('a word of start');
    attachment.write(Buffer.from('typed\n'));
    expect(await untilState(shim, 'exited')).toMatchObject({ code: 5, signal: 0 });
    await shim.reap();
    shim.close();
    expect(logLines(plan)).toEqual(
      expect.arrayContaining(['stdout F started', 'stderr F error', 'stdout F read typed']),
    );
    expect(existsSync(join(plan.foreign!.bundle, 'deleted'))).toBe(true);
  });

  it('gives it nothing but its stdio, the environment of the plan and mounts nobody else sees', async () => {
    const hidden = join(sandbox.dir, 'hidden');
    mkdirSync(hidden);
    const before = readFileSync('/proc/self/mountinfo', 'utf8');
    const points = before.split('\n').flatMap((line) => line.split(' ')[4] ?? []);
    const once = points.filter((point) => points.filter((other) => other.startsWith(point)).length === 1);
    const mounted = once.find((point) => point.startsWith('/sys/fs/cgroup'))!;
    const plan = planOf('clean', { hide: [mounted, hidden] });
    await runToEnd(plan);
    // The last is the directory that ls reads.
    expect(seen(plan, 'seen.fds').split('\n')).toEqual(['0', '1', '2', '3']);
    expect(
      seen(plan, 'seen.env')
        .split('\n')
        .map((line) => line.split('=')[0])
        .sort(),
    ).toEqual(['A', 'PATH', 'PWD']);
    expect(seen(plan, 'seen.pwd')).toBe(plan.foreign!.bundle);
    const mounts = seen(plan, 'seen.mounts');
    expect(mounts).toContain(` ${plan.foreign!.bundle}/netns `);
    expect(mounts).toMatch(/ - overlay overlay /);
    expect(mounts).not.toContain(` ${mounted} `);
    // Those of others on this machine come and go meanwhile.
    const own = (table: string) =>
      table.split('\n').filter((line) => line.includes(sandbox.dir) || line.includes(` ${mounted} `));
    expect(own(readFileSync('/proc/self/mountinfo', 'utf8'))).toEqual(own(before));
  });

  it('fails with its words, and has it delete what it has made', async () => {
    const plan = planOf('words', { create: [program, 'fail'] });
    expect(await runToEnd(plan)).toMatchObject({
      type: 'failed',
      phase: 'runtime',
      op: 'create',
      detail: 'cannot do it',
    });
    expect(logLines(plan)).toEqual([]);
    expect(existsSync(join(plan.foreign!.bundle, 'deleted'))).toBe(true);
    const gone = await runToEnd(planOf('gone', { create: ['/no/such/runtime'] }));
    expect(gone).toMatchObject({ phase: 'runtime', detail: '/no/such/runtime: No such file or directory' });
    const start = await runToEnd(planOf('start', { start: [program, 'fail'] }));
    expect(start).toMatchObject({ phase: 'runtime', op: 'start', detail: 'cannot do it' });
  });

  it('ends an exec that waits for its start, of which the runtime has not heard', async () => {
    const plan = { ...planOf('exec', {}, { waitForStart: true }), kind: 'exec' as const, setup: [] };
    const shim = await spawnShim(plan);
    await untilState(shim, 'created');
    await expect(shim.signal(constants.signals.SIGTERM)).rejects.toThrow('ESRCH');
    await shim.signal(constants.signals.SIGKILL);
    expect(await untilState(shim, 'failed')).toMatchObject({
      phase: 'runtime',
      detail: 'it was interrupted',
    });
    await shim.reap();
    shim.close();
    expect(existsSync(join(plan.foreign!.bundle, 'seen.env'))).toBe(false);
  });

  it('sends signals by it, says when it refuses, and ends the container all the same', async () => {
    const plan = planOf('signals', {}, { stdio: { stdin: true } });
    const shim = await spawnShim(plan);
    await untilState(shim, 'started');
    await shim.signal(constants.signals.SIGUSR1);
    await shim.signal(constants.signals.SIGKILL);
    expect(await untilState(shim, 'exited')).toMatchObject({ signal: 9, code: 137 });
    await expect(shim.signal(constants.signals.SIGTERM)).rejects.toThrow('ESRCH');
    await shim.reap();
    shim.close();

    const deaf = await spawnShim(planOf('deaf', { kill: [program, 'fail'] }, { stdio: { stdin: true } }));
    await untilState(deaf, 'started');
    await expect(deaf.signal(constants.signals.SIGUSR1)).rejects.toThrow('EIO');
    await deaf.signal(constants.signals.SIGKILL);
    expect(await untilState(deaf, 'exited')).toMatchObject({ code: 137 });
    await deaf.reap();
    deaf.close();
  });

  it('ends the call of create when a client wants the end', async () => {
    const plan = planOf('interrupted', { create: ['/bin/sleep', '300'] });
    const shim = await spawnShim(plan);
    await shim.signal(constants.signals.SIGKILL);
    expect(await untilState(shim, 'failed')).toMatchObject({
      phase: 'runtime',
      detail: 'it was interrupted',
    });
    await shim.reap();
    shim.close();
  });

  it('misses a terminal that it does not send', async () => {
    const end = await runToEnd(planOf('terminal', {}, { stdio: { tty: true } }));
    expect(end).toMatchObject({ type: 'failed', op: 'console' });
  });

  it('binds sources below their root only, through no link that leads out', async () => {
    const root = join(sandbox.dir, 'volume');
    mkdirSync(join(root, 'a/b'), { recursive: true });
    writeFileSync(join(root, 'a/file'), 'text');
    symlinkSync('/etc', join(root, 'a/out'));
    symlinkSync('a', join(root, 'inner'));
    const source = (path: string) => ({ sources: [{ root, path, name: 'source.0' }] });
    for (const [path, errno] of [
      ['a/out', 'EXDEV'],
      ['a/out/hostname', 'EXDEV'],
      ['a/../../..', 'EXDEV'],
      ['/etc', 'EXDEV'],
      ['absent', 'ENOENT'],
    ] as const) {
      const end = await runToEnd(planOf(`source-${path.replaceAll('/', '-')}`, source(path)));
      expect(end).toMatchObject({ type: 'failed', op: 'bind', errno: constants.errno[errno as 'EXDEV'] });
    }
    for (const [path, bound] of [
      ['a/b', 'a/b'],
      ['a/file', 'a/file'],
      ['inner/b', 'a/b'],
    ] as const) {
      const plan = planOf(`source-${path.replaceAll('/', '-')}`, source(path));
      await runToEnd(plan);
      expect(seen(plan, 'seen.mounts')).toMatch(new RegExp(`volume/${bound} \\S+/oci/source.0 `));
    }
  });
});
