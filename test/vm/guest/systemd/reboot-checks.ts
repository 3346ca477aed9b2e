import { existsSync } from 'node:fs';
import type { Check } from '../checks.ts';
import { expect } from '../machine.ts';
import { told, untilTold } from './install-checks.ts';
import { alice, bySystemd, expectLimits, groupOf, type Person, root, said } from './people.ts';

const cameBack = (person: Person): Check => ({
  name: `${person.name}'s container was stopped in its own way and is back, with its limits`,
  async run() {
    await untilTold(person, 'start end start end start');
    const group = groupOf(person, 'lasting-stays-1');
    expect(group, person.groups, 'group');
    expectLimits(group);
  },
});

const uninstalled = (person: Person): Check => ({
  name: `${person.name}'s service is uninstalled without a trace, and containers go on`,
  async run() {
    const { status, stderr } = person.run('tcompose engine uninstall');
    expect(`${status} ${stderr}`, '0 ', 'status and warnings');
    expect(existsSync(`${person.units}/tcompose.service`), false, 'the unit');
    expect(said(person, `find ${person.units} -name 'tcompose*'`), '', 'links to it');
    const known = (words: string): string =>
      said(person, `${person.systemctl} ${words} --no-legend 'tcompose*' || true`);
    expect(known('list-unit-files') + known('list-units'), '', 'what systemd knows');
    expect(told(person), 'start end start end start', 'what the container tells');
  },
});

/** What the services have done about a boot. */
export const rebootChecks: readonly Check[] = [
  cameBack(root),
  {
    name: 'alice’s service was started by no login',
    async run() {
      expect(said(root, 'loginctl list-sessions --no-legend'), '', 'sessions');
      expect(said(root, 'ps -u alice -o args='), /tcompose\.cjs engine run --join/, 'her processes');
    },
  },
  cameBack(alice),
  {
    name: 'a service of her systemd that runs a command has an engine of its own root in a scope, too',
    async run() {
      const script = 'export TCOMPOSE_ROOT=$HOME/other; tcompose';
      const run = (words: string): string => said({ run: bySystemd }, `${script} ${words}`);
      run('container run -d --name other -m 96m --cpus 0.5 --pids-limit 20 tcompose/host sleep 100000');
      const pid = run("container inspect --format '{{.State.Pid}}' other");
      const group = said(root, `cat /proc/${pid}/cgroup`).replace('0::', '');
      expect(group, alice.groups, 'group');
      expectLimits(group);
      run('container rm -f other');
      run('engine stop');
    },
  },
  uninstalled(alice),
  uninstalled(root),
];
