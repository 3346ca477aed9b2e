import { spawnSync } from 'node:child_process';
import { expect, type Outcome, text, tree } from '../machine.ts';

/** Somebody of the machine, by whom commands are run. */
export interface Person {
  readonly name: string;
  readonly home: string;
  /** systemctl of the manager whose services are this person's. */
  readonly systemctl: string;
  /** Below which group that of a container is. */
  readonly groups: RegExp;
  /** Directory of the units. */
  readonly units: string;
  /** Runs a script of the shell; a user's in a login session of its own. */
  readonly run: (script: string) => Outcome;
}

const limit = 240_000;

const run = (...words: readonly [string, ...string[]]): Outcome =>
  spawnSync(words[0], words.slice(1), { encoding: 'utf8', timeout: limit, cwd: '/' });

export const root: Person = {
  name: 'root',
  home: '/root',
  systemctl: 'systemctl',
  groups: /^\/tcompose-[0-9a-f]{8}\/[0-9a-f]{64}$/,
  units: '/etc/systemd/system',
  run: (script) => run('sh', '-c', script),
};

export const alice: Person = {
  name: 'alice',
  home: '/home/alice',
  systemctl: 'systemctl --user',
  groups:
    /^\/user\.slice\/user-1000\.slice\/user@1000\.service\/app\.slice\/run-r\w+\.scope\/tcompose-[0-9a-f]{8}\/[0-9a-f]{64}$/,
  units: '/home/alice/.config/systemd/user',
  run: (script) => run('su', '-l', 'alice', '-c', script),
};

/** As cron or sudo run a command: as her, with nothing of a login. */
export const withoutSession = (script: string): Outcome =>
  run(
    ...([
      'setpriv',
      '--reuid=1000',
      '--regid=1000',
      '--clear-groups',
      'env',
      '-i',
      'HOME=/home/alice',
    ] as const),
    ...['PATH=/usr/bin', 'sh', '-c', script],
  );

/** By her own systemd, as a timer or a desktop does. */
export const bySystemd = (script: string): Outcome =>
  run(
    ...([
      'systemd-run',
      '--quiet',
      '--user',
      '--machine=alice@.host',
      '--pipe',
      '--wait',
      'sh',
      '-c',
      script,
    ] as const),
  );

/** Standard output, trimmed, of a script that has to succeed. */
export function said(person: Pick<Person, 'run'>, script: string): string {
  const { status, stdout, stderr } = person.run(script);
  if (status !== 0) throw new Error(`${script} ended with ${status}: ${stderr}${stdout}\n${journal()}`);
  return stdout.trim();
}

/** The last that systemd has to say. */
export const journal = (): string => run('journalctl', '-b', '-n', '30', '--no-pager', '-o', 'cat').stdout;

/** The group of a container's first process, below the tree. */
export function groupOf(person: Pick<Person, 'run'>, container: string): string {
  const pid = said(person, `tcompose container inspect --format '{{.State.Pid}}' ${container}`);
  return text(`/proc/${pid}/cgroup`).replace('0::', '');
}

/** Limits that a group has. */
export function expectLimits(group: string): void {
  const found = ['memory.max', 'cpu.max', 'pids.max']
    .map((file) => text(`${tree}${group}/${file}`))
    .join(', ');
  expect(found, `${96 << 20}, 50000 100000, 20`, 'limits');
}

/** Commands of those of our processes that belong to a person. */
export const processes = ({ name }: Person): string =>
  run(
    'sh',
    '-c',
    `ps -u ${name} -o args= | grep -E 'tcompose|sleep' | grep -v -E 'grep|checks'`,
  ).stdout.trim();
