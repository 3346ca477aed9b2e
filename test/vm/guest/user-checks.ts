import { spawnSync } from 'node:child_process';
import { chownSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import type { Check } from './checks.ts';
import {
  api,
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

const home = '/var/lib/vm-user';

/** How a user comes to a group in which his engine's are to be. */
export interface UserPlace {
  readonly situation: Situation;
  /** The group, below the one he was given. */
  readonly base: string;
  /** Variables of his commands. */
  readonly env: Readonly<Record<string, string>>;
  /** What root prepares, the group he was given and his shell's being there. */
  readonly prepare: () => void;
}

/** He is in a group below one that is his, as in his systemd's. */
export const inDelegated: UserPlace = {
  situation: { name: 'started by a user in a delegated group', root: `${home}/root`, port: 18083 },
  base: '',
  env: {},
  prepare: () => {},
};

/** He names a group that was made for him, as a machine for tests makes one for each job. */
export const inNamed: UserPlace = {
  situation: { name: 'started by a user who names a group', root: `${home}/named`, port: 18084 },
  base: '/job',
  env: { TCOMPOSE_CGROUP: '/users/user-1000/job' },
  prepare() {
    writeFileSync(`${given}/cgroup.subtree_control`, controllers);
    giveGroup(`${given}/job`);
  },
};

/** His systemd makes a scope for the engine; what is asked of it a script carries out. */
export const inScope: UserPlace = {
  situation: { name: 'started by a user whose systemd gives a scope', root: `${home}/scoped`, port: 18085 },
  base: '/app.slice/run-1.scope',
  env: { PATH: `${home}/bin:${process.env.PATH}` },
  prepare() {
    mkdirSync(`${home}/bin`, { recursive: true });
    writeFileSync(`${home}/run/bus`, '');
    const slice = `${given}/app.slice`;
    const scope = `${slice}/run-1.scope`;
    const script = [
      '#!/bin/sh',
      `echo "$@" > ${home}/run/asked`,
      // One by one: that of cpuset is refused where root's processes are in the group (cpuset_can_attach), as in this machine.
      `on() { for one in ${controllers}; do echo $one > $1/cgroup.subtree_control; done; }`,
      `[ -d ${slice} ] || { on ${given}; mkdir ${slice}; }`,
      `on ${slice}; mkdir -p ${scope} && echo $$ > ${scope}/cgroup.procs || exit 1`,
      'while [ "$1" != -- ]; do shift; done; shift; exec "$@"',
    ];
    writeFileSync(`${home}/bin/systemd-run`, `${script.join('\n')}\n`, { mode: 0o755 });
  },
};

const controllers = '+memory +pids +cpu +cpuset';

function giveGroup(group: string): void {
  mkdirSync(group, { recursive: true });
  for (const file of ['', '/cgroup.procs', '/cgroup.subtree_control']) chownSync(`${group}${file}`, uid, uid);
}

/** Runs the checks of a place as him. */
export function runAsUser({ situation, env, prepare }: UserPlace): void {
  mkdirSync(`${home}/run`, { recursive: true });
  for (const path of [home, `${home}/run`]) chownSync(path, uid, uid);
  mkdirSync(`${tree}/users`, { recursive: true });
  for (const path of ['', '/users']) writeFileSync(`${tree}${path}/cgroup.subtree_control`, controllers);
  for (const path of [given, `${given}/shell`]) giveGroup(path);
  prepare();
  const before = groupOf('self');
  writeFileSync(`${given}/shell/cgroup.procs`, String(process.pid));
  const { status } = spawnSync('node', ['/opt/checks.mjs', situation.name], {
    stdio: 'inherit',
    env: { ...process.env, HOME: home, XDG_RUNTIME_DIR: `${home}/run`, ...env },
    uid,
    gid: uid,
  });
  writeFileSync(`${before}/cgroup.procs`, String(process.pid));
  expect(status, 0, 'status of the checks of a user');
  removeGroups(given);
}

/** An empty group with all that are in it. */
function removeGroups(group: string): void {
  for (const name of children(group)) removeGroups(`${group}/${name}`);
  rmdirSync(group);
}

/** What a user's engine makes of a group that was given to him. */
export const userChecks = ({ base }: UserPlace): readonly Check[] => [
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
      expect(/limits/.test(run.stderr), false, `warning of limits in ${run.stderr}`);
      const logged = text(`${at.root}/run/engine.log`).split('\n');
      expect(logged.filter((line) => /limits|control group/.test(line)).join('\n'), '', 'the engine’s log');
      const group = await containerGroup(at, 'mine');
      expect(group, groupIn(base), 'group');
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
    name: 'an engine that is started again has the same group',
    async run(at) {
      const { pid } = JSON.parse(await api(at, 'GET', '/tcompose/status')) as { pid: number };
      process.kill(pid, 'SIGKILL');
      await until('the next engine', async () => {
        const next = await api(at, 'GET', '/tcompose/status').catch(() => '{}');
        return ![undefined, pid].includes((JSON.parse(next) as { pid?: number }).pid);
      });
      output(at, 'container', 'pause', 'mine');
      expect(text(`${await containerGroup(at, 'mine')}/cgroup.events`), /frozen 1/, 'events');
      output(at, 'container', 'unpause', 'mine');
      const run = tcompose(at, [
        'container',
        'run',
        '-d',
        '--name',
        'later',
        '-m',
        '96m',
        image,
        'sleep',
        '1000',
      ]);
      expect(run.status, 0, run.stderr);
      expect(await containerGroup(at, 'later'), groupIn(base), 'group');
    },
  },
  {
    name: 'no process and no container’s group is left of it',
    async run(at) {
      output(at, 'container', 'rm', '-f', 'mine', 'later');
      output(at, 'engine', 'stop');
      const ours = () => children(`${given}${base}`).filter((name) => name.startsWith('tcompose-'));
      // The keeper's own, which it can't leave for a group above, stays for the next engine.
      const left = () => ours().flatMap((name) => children(`${given}${base}/${name}`));
      await until('the groups of containers to go', () => left().every((name) => name === 'keeper'));
      for (const name of ours())
        await until('the keeper to end', () =>
          text(`${given}${base}/${name}/cgroup.events`).includes('populated 0'),
        );
      await until(
        'the rest to end',
        () => text(`${given}${base}/cgroup.events`).includes('populated 0') || base === '',
      );
    },
  },
];

/** What his systemd was asked for, in so many words. */
export const asksSystemd: Check = {
  name: 'systemd was asked for a scope with a delegated group',
  async run() {
    const asked = text(`${home}/run/asked`);
    expect(asked, /^--user --scope --quiet --collect --property=Delegate=yes .* -- \/\S+ rootless /, 'words');
  },
};

const groupIn = (base: string): RegExp => new RegExp(`^${given}${base}/tcompose-[0-9a-f]{8}/[0-9a-f]{64}$`);
