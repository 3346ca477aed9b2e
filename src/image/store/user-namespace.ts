/** What /proc/self/uid_map says about the user namespace (user_namespaces(7)). */
export interface UserNamespace {
  /** All ids map to themselves: the machine's own namespace. */
  readonly initial: boolean;
  /** How many ids there are; files can't belong to others. */
  readonly ids: number;
}

/** Parses lines of `inside outside count`. */
export function parseUidMap(text: string): UserNamespace {
  const ranges = text
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter((range) => range.length === 3);
  const initial = ranges.length === 1 && ranges[0]!.join(' ') === '0 0 4294967295';
  return { initial, ids: ranges.reduce((sum, [, , count = 0]) => sum + count, 0) };
}
