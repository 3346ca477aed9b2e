// Medians and ratios. Contenders are timed in turn, round by round, so that a drift of the machine's speed meets all.

/** Runs every contender once per round; returns name → sorted milliseconds. A first round is not counted. */
export async function interleave(contenders, rounds) {
  const times = new Map(contenders.map(({ name }) => [name, []]));
  for (let round = -1; round < rounds; round++) {
    for (const { name, run } of contenders) {
      const start = performance.now();
      const own = await run(round);
      const elapsed = typeof own === 'number' ? own : performance.now() - start;
      if (round >= 0) times.get(name).push(elapsed);
    }
  }
  for (const list of times.values()) list.sort((a, b) => a - b);
  return times;
}

export const median = (sorted) => {
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

/** Prints a row per contender: minimum, median, maximum, and the median's ratio to `floor`'s. */
export function table(title, times, floor) {
  console.log(`\n${title}`);
  const width = Math.max(...[...times.keys()].map((name) => name.length));
  const base = median(times.get(floor));
  for (const [name, list] of times) {
    const value = median(list);
    const figures = [list[0], value, list.at(-1)]
      .map((ms) => ms.toFixed(ms < 10 ? 2 : 1).padStart(9))
      .join('');
    console.log(`  ${name.padEnd(width)} ${figures} ms  ${(value / base).toFixed(2)}x`);
  }
  console.log(`  (min, median, max of ${times.get(floor).length} runs; ratio to ${floor})`);
}
