/** Edit distance with transposition of neighbours (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, before[j - 2]! + 1);
      row.push(best);
    }
    before = last;
    last = row;
  }
  return last[b.length]!;
}

/**
 * The candidate closest to `word`, if it is similar enough to be what was meant; the first one if there are several.
 * `least` edits are always acceptable, however short the word is.
 */
export function nearest(word: string, candidates: Iterable<string>, least = 1): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(least, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    const related = distance < Math.max(word.length, candidate.length);
    if (related && distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}
