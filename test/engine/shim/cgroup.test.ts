import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { HostOp, LaunchPlan } from '../../../src/runtime/launch/launch-plan.ts';
import {
  makeSandbox,
  outputOf,
  runToEnd,
  spawnShim,
  untilState,
  whyNoContainers,
} from '../../support/shim.ts';

const v2 = existsSync('/sys/fs/cgroup/cgroup.controllers');
const memory = v2 ? '/sys/fs/cgroup' : '/sys/fs/cgroup/memory';
/** Where cgroup v2 is mounted, alone or beside v1. */
const unified = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'].find((path) =>
  existsSync(join(path, 'cgroup.controllers')),
);
const reason =
  whyNoContainers() ??
  (!existsSync(join(memory, 'cgroup.procs')) ? 'no memory cgroup hierarchy is mounted' : undefined) ??
  (v2 && !readFileSync('/sys/fs/cgroup/cgroup.subtree_control', 'utf8').includes('memory')
    ? 'the memory controller is not delegated'
    : undefined);
if (reason !== undefined) console.log(`skipped: ${reason}`);
if (unified === undefined) console.log('skipped: cgroup v2 is not mounted');

describe.skipIf(reason !== undefined)('cgroup ops', () => {
  const box = makeSandbox();
  const top = join(memory, `tcompose-test-${process.pid}`);
  if (reason === undefined) mkdirSync(top);
  afterAll(() => {
    box.close();
    if (reason === undefined) rmdirSync(top);
  });

  function inCgroup(id: string, argv: readonly string[], limit: string): LaunchPlan {
    const cgroup = join(top, id);
    const host: HostOp[] = [
      { op: 'mkdir', path: cgroup, mode: 0o755, existOk: false },
      {
        op: 'write',
        path: join(cgroup, v2 ? 'memory.max' : 'memory.limit_in_bytes'),
        data: limit,
        optional: false,
      },
      { op: 'write', path: join(cgroup, 'memory.swap.max'), data: '0', optional: true },
      { op: 'join-cgroup', path: join(cgroup, 'cgroup.procs'), optional: false },
    ];
    return box.plan(id, argv, {
      host,
      oomCounter: join(cgroup, v2 ? 'memory.events' : 'memory.oom_control'),
      teardown: [
        { op: 'kill-cgroup', path: cgroup },
        { op: 'rmdir', path: cgroup },
      ],
    });
  }

  it('put the command into its cgroup and take the cgroup away afterwards', async () => {
    const plan = inCgroup('member', ['cat', '/proc/self/cgroup'], '100000000');
    expect(await outputOf(plan)).toMatch(v2 ? /^0::\/$/m : /^\d+:memory:\/$/m);
    expect(existsSync(join(top, 'member'))).toBe(false);
  });

  it('tell a kill for want of memory', async () => {
    const plan = inCgroup('oom', ['sh', '-c', 'head -c 100000000 /dev/zero | sort | wc -c'], '20000000');
    expect(await runToEnd(plan)).toMatchObject({ type: 'exited', oomKilled: true });
    expect(await runToEnd(inCgroup('no-oom', ['true'], '20000000'))).toMatchObject({ oomKilled: false });
  });

  it('tell it also of a first process, which ends with 137', async () => {
    const plan = inCgroup('oom-first', ['tail', '/dev/zero'], '20000000');
    expect(await runToEnd(plan)).toMatchObject({ type: 'exited', code: 137, signal: 9, oomKilled: true });
  });

  it('kill no process whose number only begins like one of the list', async () => {
    const innocent = spawn('sleep', ['100'], { stdio: 'ignore' });
    const ended = new Promise((resolve) => innocent.once('exit', (_, signal) => resolve(signal)));
    const fake = join(box.dir, 'fake');
    mkdirSync(fake);
    // wherever a buffer of 4 or 64 KiB ends, it ends behind the digits of the innocent's pid, more of which follow
    const target = `${innocent.pid}`;
    let procs = '';
    for (const size of [4096, 65536]) {
      const filler = size - 1 - target.length - procs.length;
      procs += `${'0'.repeat(filler - 1)}\n${target}99999999\n`;
    }
    writeFileSync(join(fake, 'cgroup.procs'), procs);
    const plan = box.plan('fake', ['true'], { teardown: [{ op: 'kill-cgroup', path: fake }] });
    expect(await runToEnd(plan)).toMatchObject({ type: 'exited', code: 0 });
    innocent.kill('SIGTERM');
    expect(await ended).toBe('SIGTERM');
  });

  it('kill however many outlive the command', async () => {
    const script = 'i=0; while [ $i -lt 1500 ]; do sleep 1000 & i=$((i+1)); done; echo done';
    const plan = inCgroup('crowd', ['sh', '-c', script], '2000000000');
    await runToEnd({ ...plan, namespaces: { ...plan.namespaces, pid: 'host' } });
    expect(existsSync(join(top, 'crowd'))).toBe(false);
  });

  it.skipIf(unified === undefined)(
    'start a command in a cgroup v2 directory, of a run and of an exec',
    async () => {
      const cgroup = join(unified!, `tcompose-test-v2-${process.pid}`);
      mkdirSync(cgroup);
      try {
        const host: HostOp[] = [{ op: 'join-cgroup', path: join(cgroup, 'cgroup.procs'), optional: false }];
        const run = box.plan('unified', ['sleep', '100'], { host });
        const shim = await spawnShim({ ...run, namespaces: { ...run.namespaces, cgroup: 'host' } });
        const { pid, startTime } = await untilState(shim, 'started');
        const place = /^0::.*\/tcompose-test-v2-\d+$/m;
        expect(readFileSync(`/proc/${pid}/cgroup`, 'utf8')).toMatch(place);
        const exec = box.plan('unified-exec', ['cat', '/proc/self/cgroup'], { host });
        const text = await outputOf({
          ...exec,
          kind: 'exec',
          setup: [],
          process: { ...exec.process, joinPid: pid, joinStartTime: startTime },
        });
        expect(text).toMatch(place);
        await shim.signal(9);
        await untilState(shim, 'exited');
        await shim.reap();
      } finally {
        rmdirSync(cgroup);
      }
    },
  );

  it('warn when an optional one fails, and fail when a needed one does', async () => {
    const shim = await spawnShim(inCgroup('warn', ['sleep', '100'], '100000000'));
    const started = await untilState(shim, 'started');
    expect(started.warnings.join()).toBe(
      v2 ? '' : `write 0 to ${join(top, 'warn/memory.swap.max')}: No such file or directory`,
    );
    await shim.signal(9);
    await untilState(shim, 'exited');
    await shim.reap();
    const broken = inCgroup('broken', ['true'], 'nonsense');
    expect(await runToEnd(broken)).toMatchObject({
      type: 'failed',
      phase: 'host',
      step: 1,
      op: 'write',
      errno: 22,
    });
    expect(existsSync(join(top, 'broken'))).toBe(false);
  });

  it('kill what outlives a command that shares the pid namespace of the host', async () => {
    const plan = inCgroup('shared', ['sh', '-c', 'sleep 1000 & echo $!'], '100000000');
    const text = await outputOf({ ...plan, namespaces: { ...plan.namespaces, pid: 'host' } });
    expect(existsSync(`/proc/${text.trim()}`)).toBe(false);
    expect(existsSync(join(top, 'shared'))).toBe(false);
  });
});
