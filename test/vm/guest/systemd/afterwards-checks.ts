import type { Check } from '../checks.ts';
import { expect, ourGroups, until } from '../machine.ts';
import { untilTold } from './install-checks.ts';
import { alice, type Person, processes, root, said } from './people.ts';

const next = (person: Person, wanted: string): Check => ({
  name: `${person.name}'s next command brings the container back`,
  async run() {
    await untilTold(person, wanted);
  },
});

const ends = (person: Person): Check => ({
  name: `nothing of ${person.name}'s engine is left when it is stopped`,
  async run() {
    said(person, 'tcompose -p lasting down -v');
    said(person, 'tcompose engine stop');
    await until('the processes to end', () => processes(person) === '');
  },
});

/** A boot of a machine on which containers ran and no service was installed. */
export const afterwardsChecks: readonly Check[] = [
  {
    name: 'nothing is started by the boot',
    async run() {
      expect(processes(root) + processes(alice), '', 'processes');
    },
  },
  // systemd ends whatever is left of a machine; root's engine, which it can't know, takes that for its word.
  next(root, 'start end start end start end start'),
  // A user's scope ends before, by signals to all that is in it.
  next(alice, 'start end start end start start'),
  ends(root),
  ends(alice),
  {
    name: 'no group is left, and no unit has failed',
    async run() {
      await until('the groups to go', () => ourGroups().length === 0);
      expect(
        said(root, "systemctl list-units --failed --no-legend 'tcompose*' 'user@*'"),
        '',
        'failed units',
      );
    },
  },
];
