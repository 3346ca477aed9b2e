import { existsSync } from 'node:fs';
import type { Check } from './checks.ts';
import { containerGroup, expect, groupOf, inspect, output, tcompose, text } from './machine.ts';

const image = 'tcompose/host';
const glutton = 'const kept = []; for (;;) kept.push(Buffer.alloc(1 << 20, 1));';

/** Containers of other runtimes, which make their control groups themselves. */
export const runtimeChecks: readonly Check[] = ['crun', 'runc'].map((runtime) => ({
  name: `${runtime} runs containers in groups of ours, with limits, execs and an end`,
  async run(at) {
    const asked = ['--runtime', runtime, image];
    expect(output(at, 'container', 'run', '--rm', ...asked, 'echo', 'hello'), 'hello', 'output');
    const limits = ['-m', '96m', '--memory-swap', '96m', '--cpus', '0.5', '--pids-limit', '20'];
    output(at, 'container', 'run', '-d', '--name', 'other', '--init', ...limits, ...asked, 'sleep', '1000');
    const group = await containerGroup(at, 'other');
    expect(group, /^\/sys\/fs\/cgroup\/tcompose-[0-9a-f]{8}\/[0-9a-f]{64}$/, 'group');
    expect(text(`${group}/memory.max`), String(96 << 20), 'memory.max');
    expect(text(`${group}/cpu.max`), '50000 100000', 'cpu.max');
    expect(text(`${group}/pids.max`), '20', 'pids.max');
    expect(output(at, 'container', 'exec', 'other', 'cat', '/proc/self/cgroup'), '0::/', 'group in exec');
    output(at, 'container', 'pause', 'other');
    expect(text(`${group}/cgroup.events`), /frozen 1/, 'cgroup.events');
    output(at, 'container', 'unpause', 'other');
    output(at, 'container', 'stop', 'other');
    expect((await inspect(at, 'other')).State.ExitCode, 143, 'exit code');
    expect(existsSync(group), false, 'group after the stop');
    output(at, 'container', 'start', 'other');
    expect(groupOf((await inspect(at, 'other')).State.Pid), group, 'group of the second start');
    output(at, 'container', 'rm', '-f', 'other');
    expect(existsSync(group), false, 'group after rm -f');

    const eater = ['container', 'run', '--name', 'oom', '-m', '64m', '--memory-swap', '64m'];
    const { status, stderr } = tcompose(at, [...eater, ...asked, 'node', '-e', glutton]);
    expect(status, 137, `status (${stderr})`);
    expect((await inspect(at, 'oom')).State.OOMKilled, true, 'OOMKilled');
    output(at, 'container', 'rm', 'oom');
    const memory = 'mknod /tmp/node c 1 1 && head -c 4 /tmp/node > /dev/null';
    const opened = tcompose(at, ['container', 'run', '--rm', ...asked, 'sh', '-c', memory]);
    expect(opened.stderr, /Operation not permitted/, 'memory of the machine');
  },
}));
