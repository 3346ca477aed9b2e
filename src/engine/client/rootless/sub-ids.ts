/** A range of ids that a user may map in namespaces of his own (subuid(5)). */
export interface SubIds {
  readonly first: number;
  readonly count: number;
}

/** The user's ranges in /etc/subuid or /etc/subgid, whose lines have the user's name or number. Pure. */
export function parseSubIds(text: string, user: { readonly name: string; readonly uid: number }): SubIds[] {
  return text.split('\n').flatMap((line) => {
    const [who, first, count] = line.trim().split(':');
    if (who !== user.name && who !== String(user.uid)) return [];
    const range = { first: Number(first), count: Number(count) };
    return Number.isInteger(range.first) && Number.isInteger(range.count) && range.count > 0 ? [range] : [];
  });
}

/** Parses what getsubids(1) prints: `0: name first count`, from whatever source the machine uses for accounts. Pure. */
export const parseGetSubIds = (text: string): SubIds[] =>
  text.split('\n').flatMap((line) => {
    const match = /^\d+:\s+\S+\s+(\d+)\s+(\d+)$/.exec(line.trim());
    return match === null || Number(match[2]) === 0
      ? []
      : [{ first: Number(match[1]), count: Number(match[2]) }];
  });

/**
 * Who else has ids in these ranges: another user's lines of the same file, or an account. Containers could read and
 * write that user's files. Undefined: nobody. Pure.
 */
export function sharedWith(
  ranges: readonly SubIds[],
  user: { readonly name: string; readonly uid: number },
  { text, passwd }: { readonly text: string; readonly passwd: string },
): string | undefined {
  const clash = (first: number, end: number): boolean =>
    ranges.some((range) => range.first < end && first < range.first + range.count);
  for (const line of text.split('\n')) {
    const [who = '', first = Number.NaN, count = Number.NaN] = split(line);
    if (who !== user.name && who !== String(user.uid) && clash(first, first + count)) return `user ${who}`;
  }
  for (const line of passwd.split('\n')) {
    const [name = '', , uid = ''] = line.split(':');
    if (/^\d+$/.test(uid) && Number(uid) !== user.uid && clash(Number(uid), Number(uid) + 1))
      return `account ${name} (${uid})`;
  }
  return undefined;
}

function split(line: string): [string, number, number] {
  const [who = '', first, count] = line.trim().split(':');
  return [who, Number(first), Number(count)];
}

/** A line of uid_map: `count` ids from `inside` on are those from `outside` on. */
export interface IdMapLine {
  readonly inside: number;
  readonly outside: number;
  readonly count: number;
}

/** Most lines of a map (user_namespaces(7)). */
const MOST_LINES = 340;

/**
 * Id 0 is the user, the ids from 1 on are the ranges in order. The user's own id is left out of a range that contains
 * it: the kernel accepts no id twice. Pure.
 */
export function idMap(own: number, ranges: readonly SubIds[]): IdMapLine[] {
  const lines: IdMapLine[] = [{ inside: 0, outside: own, count: 1 }];
  let inside = 1;
  for (const { first, count } of ranges) {
    const end = first + count;
    const parts =
      own >= first && own < end
        ? [
            [first, own - first],
            [own + 1, end - own - 1],
          ]
        : [[first, count]];
    for (const [outside = 0, size = 0] of parts) {
      if (size === 0 || lines.length === MOST_LINES) continue;
      lines.push({ inside, outside, count: size });
      inside += size;
    }
  }
  return lines;
}

/** Number of ids in a map. */
export const idCount = (map: readonly IdMapLine[]): number => map.reduce((sum, { count }) => sum + count, 0);

/** The arguments of newuidmap(1) and newgidmap(1) after the pid. */
export const mapArguments = (map: readonly IdMapLine[]): string[] =>
  map.flatMap(({ inside, outside, count }) => [inside, outside, count].map(String));

/** A range of 65536 ids that no line of either file overlaps, for the command that gives it to a user. Pure. */
export function freeRange(texts: readonly string[]): { readonly first: number; readonly last: number } {
  const ends = texts.flatMap((text) =>
    text.split('\n').flatMap((line) => {
      const [, first, count] = line.trim().split(':').map(Number);
      return first === undefined || count === undefined || Number.isNaN(first + count) ? [] : [first + count];
    }),
  );
  const first = Math.max(100_000, ...ends);
  return { first, last: first + 65_535 };
}
