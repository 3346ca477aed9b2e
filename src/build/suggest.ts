/** Most changed, added and missing letters of a typo. */
const mostEdits = 2;

/**
 * The candidate that a word was probably meant to be, as in BuildKit's messages: the one with the fewest changed, added
 * and missing letters, two at most; the first if there are several.
 * @param caseless ignore case
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
