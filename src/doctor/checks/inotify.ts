import { constants } from 'node:os';
import type { InotifyFacts } from '../facts.ts';
import { type Finding, limited, ok } from '../finding.ts';
import { type Ground, sysctl } from '../ground.ts';

/** What a watcher of a mid-sized source tree needs. */
const usual = 65_536;
const plenty = 1_048_576;

/** Limits of watching files: shared by `tcompose watch` and everything in containers that reloads by itself. */
export function inotifyFindings(
  { watches, instances, probe, needed }: InotifyFacts,
  ground: Ground,
): readonly Finding[] {
  const found: Finding[] = [];
  if (probe?.inotify === constants.errno.EMFILE) {
    found.push(
      limited(
        'inotify.instances',
        `all ${instances} instances of this user are in use (fs.inotify.max_user_instances): files are not watched but checked at intervals`,
        sysctl(ground, 'fs.inotify.max_user_instances', 1024),
      ),
    );
  }
  const count =
    needed === undefined ? '' : `${needed.more ? 'more than ' : ''}${needed.directories} directories`;
  if (needed !== undefined && (needed.directories > watches || needed.more)) {
    found.push(
      limited(
        'inotify.watches',
        `the project watches ${count}, ignored ones counted, and this user may watch ${watches} (fs.inotify.max_user_watches): the rest is checked at intervals`,
        sysctl(ground, 'fs.inotify.max_user_watches', plenty),
      ),
    );
  } else if (needed === undefined && watches < usual) {
    found.push(
      limited(
        'inotify.watches',
        `this user may watch ${watches} directories (fs.inotify.max_user_watches), which large source trees exceed`,
        sysctl(ground, 'fs.inotify.max_user_watches', plenty),
      ),
    );
  }
  if (found.length > 0) return found;
  const project = count === '' ? '' : `; the project watches ${count}`;
  return [ok('inotify.watches', `${watches} watches, ${instances} instances${project}`)];
}
