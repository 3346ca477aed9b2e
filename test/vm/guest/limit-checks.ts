import { existsSync } from 'node:fs';
import type { Check } from './checks.ts';
import { api, containerGroup, expect, groupOf, inspect, output, tcompose, text } from './machine.ts';

const image = 'tcompose/host';

/** Fills memory a megabyte at a time, touching every page. */
const glutton = 'const kept = []; for (;;) kept.push(Buffer.alloc(1 << 20, 1));';

/** Control groups of single containers: placement, limits, devices, freezing, killing. */
export const limitChecks: readonly Check[] = [
  {
    name: 'a container runs and its group is gone afterwards',
    async run(at) {
      expect(output(at, 'container', 'run', '--rm', image, 'echo', 'hello'), 'hello', 'output');
    },
  },
  {
    name: 'a container is in a group of its own at the top and sees only that',
    async run(at) {
      output(at, 'container', 'run', '-d', '--name', 'plain', image, 'sleep', '1000');
      expect(
        await containerGroup(at, 'plain'),
        /^\/sys\/fs\/cgroup\/tcompose-[0-9a-f]{8}\/[0-9a-f]{64}$/,
        'group',
      );
      expect(output(at, 'container', 'exec', 'plain', 'cat', '/proc/self/cgroup'), '0::/', 'group in exec');
      expect(output(at, 'container', 'exec', 'plain', 'cat', '/sys/fs/cgroup/cgroup.type'), 'domain', 'tree');
      const denied = tcompose(at, [
        'container',
        'exec',
        'plain',
        'sh',
        '-c',
        'echo 5 > /sys/fs/cgroup/pids.max',
      ]);
      expect(denied.stderr, /Read-only file system/, 'writing a limit from inside');
      output(at, 'container', 'rm', '-f', 'plain');
    },
  },
  {
    name: 'limits are written to memory, cpu, cpuset and pids files',
    async run(at) {
      output(
        at,
        ...['container', 'run', '-d', '--name', 'limited', '-m', '96m', '--memory-swap', '160m'],
        ...['--memory-reservation', '48m', '--cpus', '0.5', '--cpu-shares', '512', '--cpuset-cpus', '1'],
        ...['--pids-limit', '20', image, 'sleep', '1000'],
      );
      const group = await containerGroup(at, 'limited');
      const found = Object.fromEntries(
        ['memory.max', 'memory.low', 'cpu.max', 'cpu.weight', 'cpuset.cpus', 'pids.max'].map((file) => [
          file,
          text(`${group}/${file}`),
        ]),
      );
      expect(
        JSON.stringify(found),
        JSON.stringify({
          'memory.max': String(96 << 20),
          'memory.low': String(48 << 20),
          'cpu.max': '50000 100000',
          'cpu.weight': '20',
          'cpuset.cpus': '1',
          'pids.max': '20',
        }),
        'limits',
      );
      const swap = `${group}/memory.swap.max`;
      if (existsSync(swap)) expect(text(swap), String(64 << 20), 'memory.swap.max');
      expect(
        output(at, 'container', 'exec', 'limited', 'grep', 'Cpus_allowed_list', '/proc/self/status'),
        /:\s*1$/,
        'processors of an exec',
      );
    },
  },
  {
    name: 'stats are read from the group',
    async run(at) {
      const stats = JSON.parse(await api(at, 'GET', '/containers/limited/stats?stream=false'));
      expect(stats.memory_stats.limit, 96 << 20, 'memory limit');
      expect(stats.memory_stats.usage > 0, true, 'memory in use');
      expect(stats.pids_stats.current, 1, 'processes');
      expect(stats.cpu_stats.cpu_usage.total_usage > 0, true, 'CPU time');
      output(at, 'container', 'rm', '-f', 'limited');
    },
  },
  {
    name: 'too much memory is killed: 137, OOMKilled',
    async run(at) {
      const run = tcompose(at, [
        'container',
        'run',
        '--name',
        'oom',
        '-m',
        '64m',
        '--memory-swap',
        '64m',
        image,
        'node',
        '-e',
        glutton,
      ]);
      expect(run.status, 137, `status (${run.stderr})`);
      expect((await inspect(at, 'oom')).State.OOMKilled, true, 'OOMKilled');
      output(at, 'container', 'rm', 'oom');
    },
  },
  {
    name: 'pids.max stops forks',
    async run(at) {
      const loop = 'for i in 1 2 3 4 5 6 7 8 9 10; do sleep 3 & done; wait';
      const run = tcompose(at, ['container', 'run', '--rm', '--pids-limit', '5', image, 'sh', '-c', loop]);
      expect(run.stderr, /fork: Resource temporarily unavailable/, 'what the shell said');
    },
  },
  {
    name: 'the device filter lets through what is allowed and nothing else',
    async run(at) {
      const one = (script: string, ...more: string[]): string => {
        const run = tcompose(at, ['container', 'run', '--rm', ...more, image, 'sh', '-c', script]);
        return `${run.status} ${run.stdout.trim()} ${run.stderr.trim()}`;
      };
      const disk = text('/sys/class/block/vda/dev').replace(':', ' ');
      const open = 'head -c 4 /tmp/node > /dev/null';
      expect(one(`echo x > /dev/null && head -c 4 /dev/zero | wc -c`), '0 4 ', '/dev/null and /dev/zero');
      expect(
        one(`mknod /tmp/node c 1 1 && ${open}`),
        /^1 .*Operation not permitted/,
        'memory of the machine',
      );
      expect(
        one(`mknod /tmp/node b ${disk} && ${open}`),
        /^1 .*Operation not permitted/,
        'disk of the machine',
      );
      expect(one(`mknod /tmp/node c 1 5 && ${open}`), '0  ', 'an allowed node made inside');
      expect(
        one('head -c 4 /dev/vda > /dev/null', '--device', '/dev/vda:/dev/vda:r'),
        '0  ',
        'a device given for reading',
      );
      expect(
        one('dd if=/dev/zero of=/dev/vda bs=1 count=0 conv=notrunc', '--device', '/dev/vda:/dev/vda:r'),
        /^1 .*Operation not permitted/,
        'writing a device given for reading',
      );
      expect(one(`mknod /tmp/node b ${disk} && ${open}`, '--privileged'), '0  ', 'a privileged container');
    },
  },
  {
    name: 'pause freezes by cgroup.freeze, unpause thaws, kill ends a frozen one',
    async run(at) {
      output(at, 'container', 'run', '-d', '--name', 'icy', image, 'sh', '-c', 'while :; do :; done');
      const { Pid } = (await inspect(at, 'icy')).State;
      const group = groupOf(Pid);
      const time = (): string => text(`/proc/${Pid}/stat`).split(' ').slice(13, 15).join(' ');
      output(at, 'container', 'pause', 'icy');
      expect(text(`${group}/cgroup.freeze`), '1', 'cgroup.freeze');
      expect(text(`${group}/cgroup.events`), /frozen 1/, 'cgroup.events');
      expect((await inspect(at, 'icy')).State.Status, 'paused', 'state');
      const before = time();
      output(at, 'container', 'ls');
      expect(time(), before, 'CPU time while paused');
      output(at, 'container', 'unpause', 'icy');
      expect(text(`${group}/cgroup.events`), /frozen 0/, 'cgroup.events');
      output(at, 'container', 'pause', 'icy');
      output(at, 'container', 'rm', '-f', 'icy');
      expect(existsSync(group), false, 'group after rm -f');
    },
  },
  {
    name: 'what outlives init dies by cgroup.kill',
    async run(at) {
      const script = 'sleep 7654321 & exec sleep 1000';
      output(at, 'container', 'run', '-d', '--name', 'lingers', '--pid', 'host', image, 'sh', '-c', script);
      const group = await containerGroup(at, 'lingers');
      const pids = text(`${group}/cgroup.procs`).split('\n');
      expect(pids.length, 2, 'processes');
      output(at, 'container', 'kill', 'lingers');
      output(at, 'container', 'wait', 'lingers');
      expect(existsSync(group), false, 'group after the kill');
      expect(pids.filter((pid) => existsSync(`/proc/${pid}`)).length, 0, 'processes left');
      output(at, 'container', 'rm', 'lingers');
    },
  },
];
