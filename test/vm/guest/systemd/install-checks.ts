import { existsSync, writeFileSync } from 'node:fs';
import type { Check } from '../checks.ts';
import { expect, until } from '../machine.ts';
import {
  alice,
  expectLimits,
  groupOf,
  type Person,
  processes,
  root,
  said,
  withoutSession,
} from './people.ts';

/** It does not heed SIGTERM: only who asks for its own signal, and waits, sees it end properly. */
const composeFile = `
name: lasting
services:
  stays:
    image: tcompose/host
    restart: always
    stop_signal: SIGUSR1
    stop_grace_period: 60s
    mem_limit: 96m
    cpus: 0.5
    pids_limit: 20
    volumes: ["kept:/kept"]
    command:
      - sh
      - -c
      - trap '' TERM; trap 'echo end >> /kept/said; exit 0' USR1; echo start >> /kept/said; while :; do sleep 1; done
volumes:
  kept:
`;

/** What the container has said of its starts and proper ends. */
export const told = (person: Person): string =>
  said(person, 'tcompose container exec lasting-stays-1 cat /kept/said').replaceAll('\n', ' ');

/** Waits until the container has told this, which is when it runs once more. */
export const untilTold = (person: Person, wanted: string): Promise<void> =>
  until(`${person.name}'s container to tell ${wanted}`, () => {
    const { stdout } = person.run('tcompose container exec lasting-stays-1 cat /kept/said');
    return stdout.trim().replaceAll('\n', ' ') === wanted;
  });

const begins = (person: Person): Check => ({
  name: `${person.name}'s project begins in a group of the service, with its limits`,
  async run() {
    const file = `${person.home}/compose.yaml`;
    writeFileSync(file, composeFile);
    said(person, `tcompose -f ${file} up -d`);
    const group = groupOf(person, 'lasting-stays-1');
    expect(group, person.groups, 'group');
    expectLimits(group);
    await untilTold(person, 'start');
  },
});

const stopsAndStarts = (person: Person): Check => ({
  name: `${person.name}'s service stops containers in their own way, stays stopped, and brings them back`,
  async run() {
    said(person, `${person.systemctl} stop tcompose`);
    expect(person.run('tcompose engine status').status, 1, 'status of the engine');
    expect(processes(person), '', 'processes');
    said(person, `${person.systemctl} start tcompose`);
    await untilTold(person, 'start end start');
    expect(said(person, `${person.systemctl} is-active tcompose`), 'active', 'service');
  },
});

const isKnown = (person: Person): void => {
  const of = (word: string): string => said(person, `${person.systemctl} ${word} tcompose`);
  expect(`${of('is-enabled')} ${of('is-active')}`, 'enabled active', 'the service');
  expect(existsSync(`${person.units}/tcompose.service`), true, 'the unit');
};

/** The engine as a service of root, and of a user. */
export const installChecks: readonly Check[] = [
  {
    name: 'without a session a user hears how to reach his systemd',
    async run() {
      const { status, stderr } = withoutSession('tcompose engine install');
      expect(status, 1, 'status');
      expect(stderr, /your own systemd does not answer/, 'error');
      expect(stderr, /export XDG_RUNTIME_DIR=\/run\/user\/1000.*loginctl enable-linger alice/, 'hint');
    },
  },
  {
    name: 'alice installs a service; where she may not linger she hears who can make her',
    async run() {
      const { status, stdout, stderr } = alice.run(
        'tcompose engine install && systemctl --user is-active tcompose',
      );
      expect(status, 0, stderr);
      expect(
        stdout,
        /^tcompose\.service \(\/home\/alice\/\.config\/systemd\/user\/tcompose\.service\) runs the engine/,
        'said',
      );
      // No polkit on this machine.
      expect(
        stderr,
        /lingering could not be switched on.*\nhint: sudo loginctl enable-linger alice/,
        'warning',
      );
      said(root, 'loginctl enable-linger alice');
      const again = alice.run('tcompose engine install');
      expect(`${again.status} ${again.stderr}`, '0 ', 'once more');
      isKnown(alice);
    },
  },
  begins(alice),
  stopsAndStarts(alice),
  {
    name: 'root installs a service',
    async run() {
      const { status, stdout, stderr } = root.run('tcompose engine install');
      expect(`${status} ${stderr}`, '0 ', 'status and warnings');
      expect(
        stdout,
        /^tcompose\.service \(\/etc\/systemd\/system\/tcompose\.service\) runs the engine/,
        'said',
      );
      isKnown(root);
      expect(
        said(root, 'tcompose doctor || true'),
        /ok {7}session {5}.*tcompose\.service starts the engine at boot/,
        'doctor',
      );
    },
  },
  begins(root),
  stopsAndStarts(root),
];
