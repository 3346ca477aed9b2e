/** A range of ids that a user may map in namespaces of his own (subuid(5)). */
export interface SubIds {
  readonly first: number;
  readonly count: number;
}

/** A line of /etc/subuid or /etc/subgid: to whom it gives a range. */
export interface SubIdLine extends SubIds {
  readonly owner: string;
}

/** Beyond the highest id: the one before, 4294967295, means "none" to the kernel. */
const END_OF_IDS = 4_294_967_295;

/**
 * The lines of /etc/subuid or /etc/subgid that give somebody ids, as newuidmap(1) takes them: the numbers are decimal, with
 * nothing around them. What lies beyond the last id is left out. Pure.
 */
export const subIdLines = (text: string): SubIdLine[] =>
  text.split('\n').flatMap((line) => {
    const [owner = '', first = '', size = ''] = line.split(':');
    if (owner === '' || !/^\d+$/.test(first) || !/^\d+$/.test(size)) return [];
    const count = Math.min(Number(size), END_OF_IDS - Number(first));
    return count > 0 ? [{ owner, first: Number(first), count }] : [];
  });

/** Whose ids are asked for. */
export interface User {
  readonly name: string;
  readonly uid: number;
}

const isOf = (user: User, owner: string): boolean => owner === user.name || owner === String(user.uid);

/** The user's ranges in /etc/subuid or /etc/subgid, whose lines have the user's name or number. Pure. */
export const parseSubIds = (text: string, user: User): SubIds[] =>
  subIdLines(text).flatMap(({ owner, first, count }) => (isOf(user, owner) ? [{ first, count }] : []));

/** A line of the user's that gives no ids because it is not written as it has to be. Pure. */
export const brokenLine = (text: string, user: User): string | undefined =>
  text.split('\n').find((line) => isOf(user, line.split(':')[0] ?? '') && subIdLines(line).length === 0);

/** Such a line, for the end of a sentence. */
export const notAsItMustBe = (line: string): string =>
  ` (its line ${JSON.stringify(line)} is not name:first:count with plain numbers)`;

/** Parses what getsubids(1) prints: `0: name first count`, from whatever source the machine uses for accounts. Pure. */
export const parseGetSubIds = (text: string): SubIds[] =>
  subIdLines(text.replaceAll(/^\d+:[ ]+(\S+)[ ]+(\d+)[ ]+(\d+)$/gm, '$1:$2:$3')).map(({ first, count }) => ({
    first,
    count,
  }));

/**
 * Who else has ids in these ranges: another user's lines of the same file, or an account. Containers could read and
 * write that user's files. Undefined: nobody. Pure.
 */
export function sharedWith(
  ranges: readonly SubIds[],
  user: User,
  { text, passwd }: { readonly text: string; readonly passwd: string },
): string | undefined {
  const clash = (first: number, end: number): boolean =>
    ranges.some((range) => range.first < end && first < range.first + range.count);
  const other = subIdLines(text).find(
    ({ owner, first, count }) => !isOf(user, owner) && clash(first, first + count),
  );
  if (other !== undefined) return `user ${other.owner}`;
  for (const line of passwd.split('\n')) {
    const [name = '', , uid = ''] = line.split(':');
    if (/^\d+$/.test(uid) && Number(uid) !== user.uid && clash(Number(uid), Number(uid) + 1))
      return `account ${name} (${uid})`;
  }
  return undefined;
}

/** A line of uid_map: `count` ids from `inside` on are those from `outside` on. */
export interface IdMapLine {
  readonly inside: number;
  readonly outside: number;
  readonly count: number;
}

/** Most lines of a map (user_namespaces(7)). */
const MOST_LINES = 340;

/** The parts of a range that none of `others` has. */
const outsideOf = (range: SubIds, others: readonly SubIds[]): SubIds[] =>
  others.reduce<SubIds[]>(
    (parts, other) =>
      parts.flatMap(({ first, count }) => {
        const [end, otherEnd] = [first + count, other.first + other.count];
        if (other.first >= end || otherEnd <= first) return [{ first, count }];
        return [
          { first, count: other.first - first },
          { first: otherEnd, count: end - otherEnd },
        ].filter((part) => part.count > 0);
      }),
    [range],
  );

/**
 * Id 0 is the user, the ids from 1 on are the ranges in order. The user's own id is left out, and so is what an earlier range
 * has: the kernel accepts no id twice. Pure.
 */
export function idMap(own: number, ranges: readonly SubIds[]): IdMapLine[] {
  const taken: SubIds[] = [{ first: own, count: 1 }];
  const lines: IdMapLine[] = [{ inside: 0, outside: own, count: 1 }];
  let inside = 1;
  for (const range of ranges) {
    for (const { first, count } of outsideOf(range, taken)) {
      if (lines.length === MOST_LINES) continue;
      lines.push({ inside, outside: first, count });
      inside += count;
    }
    taken.push(range);
  }
  return lines;
}

/** Number of ids in a map. */
export const idCount = (map: readonly IdMapLine[]): number => map.reduce((sum, { count }) => sum + count, 0);

/** The arguments of newuidmap(1) and newgidmap(1) after the pid. */
export const mapArguments = (map: readonly IdMapLine[]): string[] =>
  map.flatMap(({ inside, outside, count }) => [inside, outside, count].map(String));

/** Images use ids below this: 65534 is nobody. */
export const USUAL_IDS = 65_536;

/**
 * A range of 65536 ids that no line of either file overlaps, for the command that gives it to a user: after all the others, or
 * in the first gap when the others reach the last id. Pure.
 */
export function freeRange(texts: readonly string[]): { readonly first: number; readonly last: number } {
  const lines = texts.flatMap(subIdLines);
  const lowest = 100_000;
  const ends = [lowest, ...lines.map(({ first, count }) => first + count).filter((end) => end > lowest)];
  const isFree = (first: number): boolean =>
    first + USUAL_IDS <= END_OF_IDS &&
    !lines.some((line) => line.first < first + USUAL_IDS && first < line.first + line.count);
  const last = Math.max(...ends);
  const first = isFree(last) ? last : (ends.sort((one, other) => one - other).find(isFree) ?? last);
  return { first, last: first + USUAL_IDS - 1 };
}
