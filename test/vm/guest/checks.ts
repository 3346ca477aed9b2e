import { spawnSync } from 'node:child_process';
import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { limitChecks } from './limit-checks.ts';
import { expect, groupOf, inspect, ourGroups, output, type Situation, text, tree, until } from './machine.ts';
import { projectChecks } from './project-checks.ts';
import { runtimeChecks } from './runtime-checks.ts';
import { asksSystemd, inDelegated, inNamed, inScope, runAsUser, userChecks } from './user-checks.ts';

export interface Check {
  readonly name: string;
  readonly run: (at: Situation) => Promise<void>;
}

/** A place to start tcompose from, and what has to be true of it afterwards. */
export interface Setting {
  readonly situation: Situation;
  readonly prepare: () => void;
  readonly checks: readonly Check[];
  /** Runs the checks by a process in another place, which says what came of them; the default is this process. */
  readonly elsewhere?: () => void;
}

const session = '/user.slice/user-0.slice/session-1.scope';

/**
 * As an init system leaves a machine: nobody in the root group, this process in a session's scope. And as another
 * container engine leaves it: packets between ports of a bridge go through the firewall.
 */
function enterSession(): void {
  expect(spawnSync('modprobe', ['br_netfilter']).status, 0, 'modprobe br_netfilter');
  for (const path of ['/init.scope', '/user.slice', '/user.slice/user-0.slice', session])
    mkdirSync(`${tree}${path}`);
  const { pid } = process;
  for (const other of text(`${tree}/cgroup.procs`).split('\n').map(Number)) {
    if (other === pid) continue;
    try {
      writeFileSync(`${tree}/init.scope/cgroup.procs`, String(other));
    } catch {
      // Kernel threads stay in the root group.
    }
  }
  for (const path of ['', '/user.slice'])
    writeFileSync(`${tree}${path}/cgroup.subtree_control`, '+memory +pids');
  writeFileSync(`${tree}${session}/cgroup.procs`, String(pid));
}

const leavesSession: Check = {
  name: 'the session is left as it was, and keeper and engine are out of it',
  async run() {
    expect(groupOf('self'), `${tree}${session}`, 'group of the caller');
    expect(text(`${tree}${session}/cgroup.subtree_control`), '', 'controllers of the session');
    const members = text(`${tree}${session}/cgroup.procs`)
      .split('\n')
      .map((pid) => text(`/proc/${pid}/comm`));
    expect(
      members.filter((name) => name.includes('keeper') || name.includes('tcompose')).join(' '),
      '',
      'members',
    );
  },
};

const outer: Situation = { name: 'outer', root: '/var/lib/vm-outer', port: 0 };

/** Another engine in a privileged container, where the group that is seen as the root is none and holds processes. */
function runInContainer(): void {
  const cli = '/opt/tcompose/dist/tcompose.cjs';
  const args = [
    ...['container', 'run', '--rm', '--privileged', '-v', '/opt:/opt:ro', '-v', 'inner:/var/lib/inner'],
    ...['tcompose/host', 'node', '/opt/checks.mjs', insideContainer],
  ];
  const env = { ...process.env, TCOMPOSE_ROOT: outer.root };
  const { status } = spawnSync('node', [cli, ...args], { stdio: 'inherit', env });
  expect(status, 0, 'status of the outer container');
  output(outer, 'engine', 'stop');
}

export const insideContainer = 'started in a container';

const leavesContainer: Check = {
  name: 'the processes of the container have moved one group down',
  async run() {
    expect(groupOf('self'), `${tree}/init`, 'group of the caller');
    expect(text(`${tree}/cgroup.procs`), '', 'processes in the root');
  },
};

/** As a log-out or the end of a service does it: everything in the group is killed. */
const outlivesSession: Check = {
  name: 'containers outlive the session that started their engine',
  async run() {
    const at: Situation = { name: 'brief', root: '/var/lib/vm-brief', port: 0 };
    const scope = `${tree}/user.slice/user-0.slice/session-2.scope`;
    mkdirSync(scope);
    const enter = `echo $$ > ${scope}/cgroup.procs`;
    const run = 'node /opt/tcompose/dist/tcompose.cjs container run -d --name stays tcompose/host sleep 1000';
    const env = { ...process.env, TCOMPOSE_ROOT: at.root };
    const started = spawnSync('sh', ['-c', `${enter} && ${run}`], { encoding: 'utf8', env });
    expect(started.status, 0, started.stderr);
    const before = await inspect(at, 'stays');
    writeFileSync(`${scope}/cgroup.kill`, '1');
    await until('the session to be empty', () => text(`${scope}/cgroup.events`).includes('populated 0'));
    rmdirSync(scope);
    const after = await inspect(at, 'stays');
    expect(after.State.Status, 'running', 'state');
    expect(after.State.Pid, before.State.Pid, 'pid');
    output(at, 'container', 'rm', '-f', 'stays');
    output(at, 'engine', 'stop');
  },
};

export const settings: readonly Setting[] = [
  {
    situation: { name: 'started in the root group', root: '/var/lib/vm-root', port: 18080 },
    prepare: () => {},
    checks: [...limitChecks, ...runtimeChecks, ...projectChecks],
  },
  {
    situation: { name: 'started in a session scope', root: '/var/lib/vm-session', port: 18081 },
    prepare: enterSession,
    checks: [
      ...limitChecks,
      ...runtimeChecks,
      ...projectChecks.slice(0, -1),
      leavesSession,
      outlivesSession,
      ...projectChecks.slice(-1),
    ],
  },
  {
    situation: { name: insideContainer, root: '/var/lib/inner/engine', port: 18082 },
    prepare: () => {},
    elsewhere: runInContainer,
    checks: [...limitChecks, ...runtimeChecks, leavesContainer, ...projectChecks],
  },
  ...[inDelegated, inNamed, inScope].map((place) => ({
    situation: place.situation,
    prepare: () => {},
    elsewhere: () => runAsUser(place),
    checks: [...userChecks(place), ...(place === inScope ? [asksSystemd] : [])],
  })),
  {
    situation: outer,
    prepare: () => {},
    checks: [
      {
        name: 'a nested engine leaves no group behind',
        run: async () => until('the groups to go', () => ourGroups().length === 0),
      },
    ],
  },
];
