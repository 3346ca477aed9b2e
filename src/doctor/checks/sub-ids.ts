import {
  brokenLine,
  freeRange,
  idCount,
  idMap,
  notAsItMustBe,
  parseSubIds,
  type SubIds,
  subIdLines,
  USUAL_IDS,
  type User,
} from '../../sub-ids.ts';
import type { IdProgram, SubIdFacts } from '../facts.ts';
import { type Finding, limited, ok } from '../finding.ts';
import { asRoot, type Ground, install } from '../ground.ts';

/** The ids that a user has for containers. Root has all ids, so there is no finding. */
export function subIdFindings(facts: SubIdFacts, ground: Ground): readonly Finding[] {
  if (ground.uid === 0) return [];
  const uids = ranges(facts.subuid.own, ground);
  const gids = ranges(facts.subgid.own, ground);
  if (uids.length === 0 || gids.length === 0) return [noRange(facts, uids.length === 0, ground)];
  return [
    ...programFindings(facts, ground),
    outsideOf(facts, uids) ?? count([uids, gids], facts, ground),
    ...overlaps(facts, uids, ground),
  ];
}

const user = (ground: Ground): User => ({ name: ground.user, uid: ground.uid });

const ranges = (text: string, ground: Ground): readonly SubIds[] => parseSubIds(text, user(ground));

/** How many ids these ranges give, each counted once. */
const total = (of: readonly SubIds[], ground: Ground): number => idCount(idMap(ground.uid, of)) - 1;

/** The command that gives the user the next free range. */
function addRange({ subuid, subgid }: SubIdFacts, ground: Ground): string {
  const { first, last } = freeRange([subuid.all, subgid.all]);
  const range = `${first}-${last}`;
  return asRoot(ground, `usermod --add-subuids ${range} --add-subgids ${range} ${ground.user}`);
}

const onlyOne = 'containers have one id, yours, and images with several users do not work';

function noRange(facts: SubIdFacts, noUids: boolean, ground: Ground): Finding {
  // Inside a namespace with few ids there are none to give.
  const [, , inside = '4294967295'] = facts.uidMap.trim().split(/\s+/);
  const nested = Number(inside) < USUAL_IDS;
  const [where, text] = noUids ? ['/etc/subuid', facts.subuid.all] : ['/etc/subgid', facts.subgid.all];
  const broken = brokenLine(text, user(ground));
  const why = broken === undefined ? '' : notAsItMustBe(broken);
  return nested
    ? limited(
        'sub-ids.range',
        `this is a user namespace of ${inside} ids, so none can be given on: ${onlyOne}`,
      )
    : limited(
        'sub-ids.range',
        `${where} has no ids for ${ground.user}${why}: ${onlyOne}`,
        addRange(facts, ground),
      );
}

/** Ranges that this process's own namespace does not have: newuidmap refuses them. */
function outsideOf({ uidMap }: SubIdFacts, own: readonly SubIds[]): Finding | undefined {
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
  [uids, gids]: readonly [readonly SubIds[], readonly SubIds[]],
  facts: SubIdFacts,
  ground: Ground,
): Finding {
  const fewest = Math.min(total(uids, ground), total(gids, ground));
  const has = `${ground.user} has ${fewest} ${fewest === 1 ? 'id' : 'ids'}`;
  return fewest + 1 < USUAL_IDS
    ? limited(
        'sub-ids.range',
        `${has}; images use up to ${USUAL_IDS} (65534 is nobody)`,
        addRange(facts, ground),
      )
    : ok('sub-ids.range', has);
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
function overlaps(
  { subuid, passwd }: SubIdFacts,
  own: readonly SubIds[],
  ground: Ground,
): readonly Finding[] {
  const mine = [ground.user, String(ground.uid)];
  const other = subIdLines(subuid.all).find(
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
