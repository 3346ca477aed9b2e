import type { IdProgram, SubIdFacts } from '../facts.ts';
import { type Finding, limited, ok } from '../finding.ts';
import { asRoot, type Ground, install } from '../ground.ts';

/** Number of ids that images use: 65534 is nobody. */
const usualIds = 65_536;

interface Range {
  readonly owner: string;
  readonly first: number;
  readonly count: number;
}

/** The ids that a user has for containers. Root has all ids, so there is no finding. */
export function subIdFindings(facts: SubIdFacts, ground: Ground): readonly Finding[] {
  if (ground.uid === 0) return [];
  const uids = ranges(facts.subuid.own);
  const gids = ranges(facts.subgid.own);
  if (uids.length === 0 || gids.length === 0) return [noRange(facts, uids.length === 0, ground)];
  return [
    ...programFindings(facts, ground),
    outsideOf(facts, uids) ?? count([uids, gids], facts, ground),
    ...overlaps(facts, uids, ground),
  ];
}

const ranges = (text: string): readonly Range[] =>
  text.split('\n').flatMap((line) => {
    const [owner = '', first, size] = line.trim().split(':');
    const range = { owner, first: Number(first), count: Number(size) };
    return owner !== '' && Number.isInteger(range.first) && range.count > 0 ? [range] : [];
  });

const total = (of: readonly Range[]): number => of.reduce((sum, one) => sum + one.count, 0);

/** The command that gives the user the next free range. */
function addRange({ subuid, subgid }: SubIdFacts, ground: Ground): string {
  const ends = [...ranges(subuid.all), ...ranges(subgid.all)].map((one) => one.first + one.count);
  const first = Math.max(100_000, ...ends);
  const range = `${first}-${first + usualIds - 1}`;
  return asRoot(ground, `usermod --add-subuids ${range} --add-subgids ${range} ${ground.user}`);
}

const onlyOne = 'containers have one id, yours, and images with several users do not work';

function noRange(facts: SubIdFacts, noUids: boolean, ground: Ground): Finding {
  // Inside a namespace with few ids there are none to give.
  const [, , inside = '4294967295'] = facts.uidMap.trim().split(/\s+/);
  const nested = Number(inside) < usualIds;
  const where = noUids ? '/etc/subuid' : '/etc/subgid';
  return nested
    ? limited(
        'sub-ids.range',
        `this is a user namespace of ${inside} ids, so none can be given on: ${onlyOne}`,
      )
    : limited('sub-ids.range', `${where} has no ids for ${ground.user}: ${onlyOne}`, addRange(facts, ground));
}

/** Ranges that this process's own namespace does not have: newuidmap refuses them. */
function outsideOf({ uidMap }: SubIdFacts, own: readonly Range[]): Finding | undefined {
  const mapped = uidMap
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const lost = own.find(
    ({ first, count: size }) =>
      !mapped.some(([inside = 0, , many = 0]) => first >= inside && first + size <= inside + many),
  );
  if (lost === undefined) return undefined;
  const range = `${lost.first}-${lost.first + lost.count - 1}`;
  return limited(
    'sub-ids.range',
    `this is a user namespace without the ids ${range}, so they cannot be given on: ${onlyOne}`,
  );
}

function count(
  [uids, gids]: readonly [readonly Range[], readonly Range[]],
  facts: SubIdFacts,
  ground: Ground,
): Finding {
  const fewest = Math.min(total(uids), total(gids));
  return fewest < usualIds
    ? limited(
        'sub-ids.range',
        `${ground.user} has ${fewest} ids; images use up to ${usualIds} (65534 is nobody)`,
        addRange(facts, ground),
      )
    : ok('sub-ids.range', `${ground.user} has ${fewest} ids`);
}

function programFindings(facts: SubIdFacts, ground: Ground): readonly Finding[] {
  const programs = ['newuidmap', 'newgidmap'] as const;
  const absent = programs.filter((name) => facts[name] === undefined);
  if (absent.length > 0) {
    const are = absent.length > 1 ? 'are' : 'is';
    return [
      limited(
        'sub-ids.programs',
        `${absent.join(' and ')} ${are} not installed: ${onlyOne}`,
        install(ground, 'newuidmap'),
      ),
    ];
  }
  if (facts.noNewPrivileges) {
    return [
      limited(
        'sub-ids.programs',
        `this process may gain no rights (no_new_privs), so newuidmap cannot work: ${onlyOne}`,
      ),
    ];
  }
  const weak = programs.filter((name) => !hasRight(facts[name]!, name));
  if (weak.length > 0) {
    const set = weak
      .map((name) => asRoot(ground, `setcap ${right(name)}=ep ${facts[name]!.path}`))
      .join(' && ');
    return [
      limited(
        'sub-ids.programs',
        `${weak.map((name) => facts[name]!.path).join(' and ')} has neither the set-user-id bit nor its capability: ${onlyOne}`,
        set,
      ),
    ];
  }
  return [ok('sub-ids.programs', 'newuidmap and newgidmap are installed')];
}

const right = (name: 'newuidmap' | 'newgidmap') => (name === 'newuidmap' ? 'cap_setuid' : 'cap_setgid');

/** Without getcap(8) capabilities are unknown, which is no reason to complain. */
const hasRight = ({ setuid, capabilities }: IdProgram, name: 'newuidmap' | 'newgidmap'): boolean =>
  setuid || capabilities === undefined || capabilities.includes(right(name));

/** A range that another user has too, or that contains a real account: containers could reach its files and processes. */
function overlaps({ subuid, passwd }: SubIdFacts, own: readonly Range[], ground: Ground): readonly Finding[] {
  const mine = [ground.user, String(ground.uid)];
  const other = ranges(subuid.all).find(
    (range) =>
      !mine.includes(range.owner) &&
      own.some((one) => one.first < range.first + range.count && range.first < one.first + one.count),
  );
  const account = passwd
    .split('\n')
    .map((line) => line.split(':'))
    .find(([name, , uid]) => {
      const id = Number(uid);
      return (
        name !== '' &&
        uid !== undefined &&
        uid !== '' &&
        id !== ground.uid &&
        own.some((one) => id >= one.first && id < one.first + one.count)
      );
    });
  const inside = 'whose files containers could read and write';
  if (other !== undefined) {
    return [
      limited(
        'sub-ids.overlap',
        `the ids from ${other.first} on are also given to ${other.owner}, ${inside}; edit /etc/subuid and /etc/subgid`,
      ),
    ];
  }
  if (account === undefined) return [];
  return [
    limited(
      'sub-ids.overlap',
      `id ${account[2]} of the range is the account ${account[0]}, ${inside}; edit /etc/subuid and /etc/subgid`,
    ),
  ];
}
