import { spawnSync } from 'node:child_process';
import { chownSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import type { Check } from './checks.ts';
import {
  children,
  containerGroup,
  expect,
  groupOf,
  inspect,
  output,
  type Situation,
  tcompose,
  text,
  tree,
  until,
} from './machine.ts';

const image = 'tcompose/host';
/** As systemd gives a user's manager one: his, with controllers, and he is in a group below it. */
const given = `${tree}/users/user-1000`;
const uid = 1000;

export const asUser: Situation = {
  name: 'started by a user in a delegated group',
  root: '/var/lib/vm-user/root',
  port: 18083,
};

/** Runs the checks as him. */
export function runAsUser(): void {
  mkdirSync('/var/lib/vm-user/run', { recursive: true });
  for (const path of ['/var/lib/vm-user', '/var/lib/vm-user/run']) chownSync(path, uid, uid);
  mkdirSync(`${given}/shell`, { recursive: true });
  for (const path of ['', '/users'])
    writeFileSync(`${tree}${path}/cgroup.subtree_control`, '+memory +pids +cpu +cpuset');
  for (const file of ['', '/cgroup.procs', '/cgroup.subtree_control', '/shell', '/shell/cgroup.procs'])
    chownSync(`${given}${file}`, uid, uid);
  const before = groupOf('self');
  writeFileSync(`${given}/shell/cgroup.procs`, String(process.pid));
  const env = { ...process.env, HOME: '/var/lib/vm-user', XDG_RUNTIME_DIR: '/var/lib/vm-user/run' };
  const { status } = spawnSync('node', ['/opt/checks.mjs', asUser.name], {
    stdio: 'inherit',
    env,
    uid,
    gid: uid,
  });
  writeFileSync(`${before}/cgroup.procs`, String(process.pid));
  expect(status, 0, 'status of the checks of a user');
  const kept = ours().flatMap((name) => [`${given}/${name}/keeper`, `${given}/${name}`]);
  for (const path of [...kept, `${given}/shell`, given]) rmdirSync(path);
}

/** What a user's engine makes of a group that was given to him. */
export const userChecks: readonly Check[] = [
  {
    name: 'limits hold, and no warning is about them',
    async run(at) {
      const words = [
        'container',
        'run',
        '-d',
        '--name',
        'mine',
        '-m',
        '96m',
        '--cpus',
        '0.5',
        '--pids-limit',
        '20',
      ];
      const run = tcompose(at, [...words, image, 'sleep', '1000']);
      expect(run.status, 0, run.stderr);
      expect(/limits \(/.test(run.stderr), false, `warning of limits in ${run.stderr}`);
      const group = await containerGroup(at, 'mine');
      expect(group, /^\/sys\/fs\/cgroup\/users\/user-1000\/tcompose-[0-9a-f]{8}\/[0-9a-f]{64}$/, 'group');
      const found = ['memory.max', 'cpu.max', 'pids.max'].map((file) => text(`${group}/${file}`)).join(', ');
      expect(found, `${96 << 20}, 50000 100000, 20`, 'limits');
      // He is root only in his namespaces, and owns what the container can't reach.
      const raised = tcompose(at, [
        'container',
        'exec',
        'mine',
        'sh',
        '-c',
        'echo max > /sys/fs/cgroup/pids.max',
      ]);
      expect(raised.status === 0, false, 'a limit that the container lifts itself');
    },
  },
  {
    name: 'processes beyond the limit are refused',
    async run(at) {
      const script = 'i=0; while [ $i -lt 40 ]; do sleep 5 & i=$((i+1)); done';
      expect(tcompose(at, ['container', 'exec', 'mine', 'sh', '-c', script]).stderr, /fork/, 'the shell');
      expect(Number(text(`${await containerGroup(at, 'mine')}/pids.max`)), 20, 'limit');
    },
  },
  {
    name: 'too much memory is killed: 137, OOMKilled',
    async run(at) {
      const glutton = 'const kept = []; for (;;) kept.push(Buffer.alloc(1 << 20, 1));';
      const words = ['container', 'run', '--name', 'oom', '-m', '64m', '--memory-swap', '64m'];
      expect(tcompose(at, [...words, image, 'node', '-e', glutton]).status, 137, 'exit status');
      expect((await inspect(at, 'oom')).State.OOMKilled, true, 'OOMKilled');
      output(at, 'container', 'rm', 'oom');
    },
  },
  {
    name: 'pauses and goes on',
    async run(at) {
      output(at, 'container', 'pause', 'mine');
      expect(text(`${await containerGroup(at, 'mine')}/cgroup.events`), /frozen 1/, 'events');
      output(at, 'container', 'unpause', 'mine');
      expect((await inspect(at, 'mine')).State.Status, 'running', 'state');
    },
  },
  {
    name: 'no process and no container’s group is left of it',
    async run(at) {
      output(at, 'container', 'rm', '-f', 'mine');
      output(at, 'engine', 'stop');
      // The keeper's own, which it can't leave for a group above, stays for the next engine.
      const left = () => ours().flatMap((name) => children(`${given}/${name}`));
      await until('the groups of containers to go', () => left().every((name) => name === 'keeper'));
      for (const name of ours())
        await until('the keeper to end', () =>
          text(`${given}/${name}/cgroup.events`).includes('populated 0'),
        );
    },
  },
];

const ours = (): string[] => children(given).filter((name) => name.startsWith('tcompose-'));
