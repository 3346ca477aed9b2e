/** Changed, added and missing letters that still count as a slip. */
const mostEdits = 2;

/**
 * The candidate that a word may have been meant to be, as BuildKit's messages name it: with the fewest letters changed, added and left out,
 * two at most; of several the first.
 * @param caseless capitals count as the small letters they are
 */
export function suggested(word: string, candidates: Iterable<string>, caseless = true): string | undefined {
  let best: string | undefined;
  let least = mostEdits + 1;
  for (const candidate of candidates) {
    const edits = caseless
      ? distance(word.toLowerCase(), candidate.toLowerCase())
      : distance(word, candidate);
    if (edits < least) [best, least] = [candidate, edits];
  }
  return best;
}

function distance(a: string, b: string): number {
  let last = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++)
      row.push(Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    last = row;
  }
  return last[b.length]!;
}
