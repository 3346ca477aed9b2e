import { existsSync } from 'node:fs';
import type { Check } from '../checks.ts';
import { expect, text, until } from '../machine.ts';
import { alice, expectLimits, groupOf, processes, said } from './people.ts';

const glutton = 'const kept = []; for (;;) kept.push(Buffer.alloc(1 << 20, 1));';

/** A user's engine, begun in a login session of somebody who does not linger. */
export const sessionChecks: readonly Check[] = [
  {
    name: 'systemd runs the machine, with cgroup v2 alone',
    async run() {
      expect(text('/proc/1/comm'), 'systemd', 'the first process');
      expect(/ cgroup /.test(text('/proc/mounts')), false, 'a mount of v1');
    },
  },
  {
    name: 'doctor knows the group that is delegated, and what is missing of it',
    async run() {
      const { stdout } = alice.run('tcompose doctor');
      expect(
        stdout,
        /limited {2}cgroups .*\/user@1000\.service is delegated without cpuset, io: .*\n +fix: .*user@\.service\.d/,
        'control groups',
      );
      expect(stdout, /limited {2}session .*last logout.*\n +fix: loginctl enable-linger/, 'lingering');
      expect(stdout, /engine {6}does not run/, 'engine');
    },
  },
  {
    name: 'containers have their limits, in a scope of the user’s systemd',
    async run() {
      // One session for all of it: what ends with the last logout is looked at below.
      const options = '-d --name mine -m 96m --cpus 0.5 --pids-limit 20';
      const run = alice.run(`tcompose container run ${options} tcompose/host sleep 100000`);
      expect(run.status, 0, run.stderr);
      expect(run.stderr, /containers may end with your last logout/, 'what is said of the logout');
      expect(/limits/.test(run.stderr), false, `warning of limits in ${run.stderr}`);
      const group = groupOf(alice, 'mine');
      expect(group, alice.groups, 'group');
      expectLimits(group);
      const scope = /run-r\w+\.scope/.exec(group)![0];
      const shown = said(
        alice,
        `systemctl --user show ${scope} -p Description -p Delegate -p TimeoutStopUSec`,
      );
      expect(shown, /Description=tcompose engine of \/run\/user\/1000\/tcompose/, 'description');
      expect(shown, /Delegate=yes/, 'delegation');
    },
  },
  {
    name: 'too much memory is killed and told, and nothing else ends',
    async run() {
      const words = `tcompose container run --name oom -m 64m --memory-swap 64m tcompose/host node -e`;
      expect(alice.run(`${words} '${glutton}'`).status, 137, 'exit status');
      const states = said(
        alice,
        "tcompose container inspect --format '{{.State.Status}} {{.State.OOMKilled}}' oom mine",
      );
      expect(states, 'exited true\nrunning false', 'states');
    },
  },
  {
    name: 'processes beyond the limit are refused',
    async run() {
      const script = 'i=0; while [ $i -lt 40 ]; do sleep 5 & i=$((i+1)); done';
      expect(alice.run(`tcompose container exec mine sh -c '${script}'`).stderr, /fork/, 'the shell');
    },
  },
  {
    name: 'the last logout ends everything, also what does not heed SIGTERM, and the next login finds it ended',
    async run() {
      await until('the user’s systemd to end', () => !existsSync('/run/user/1000'), 1200);
      expect(processes(alice), '', 'processes');
      const state = "tcompose container inspect --format '{{.State.Status}} {{.State.ExitCode}}' mine";
      expect(said(alice, state), 'exited 137', 'state');
      said(alice, 'tcompose container rm oom mine');
    },
  },
];
