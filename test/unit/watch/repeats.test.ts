import { describe, expect, it } from 'vitest';
import { Repeats } from '../../../src/watch/repeats.ts';

const rule = {};

/** Judges a path that changes `after` milliseconds after each of `count` runs, which take 300. */
function runs(repeats: Repeats, count: number, after: number, path = '/log', start = 0) {
  let now = start;
  return Array.from({ length: count }, () => {
    now += after;
    const verdict = repeats.judge(rule, [path], now);
    now += 300;
    repeats.ended(now);
    return { verdict, now };
  });
}

describe('actions that set themselves off', () => {
  it('are paused, naming the path once, until there was quiet', () => {
    const repeats = new Repeats();
    const all = runs(repeats, 9, 500);
    expect(all.map(({ verdict }) => verdict.kind)).toEqual([
      ...Array(6).fill('go'),
      'looping',
      'paused',
      'paused',
    ]);
    expect(all[6]!.verdict).toEqual({ kind: 'looping', path: '/log' });
    const { now } = all.at(-1)!;
    expect(repeats.judge(rule, ['/log'], now + 9000).kind).toBe('paused');
    expect(repeats.judge(rule, ['/log'], now + 18_000).kind).toBe('paused');
    expect(repeats.judge(rule, ['/log'], now + 28_001).kind).toBe('go');
  });

  it('are found also when the change comes during the action', () => {
    const repeats = new Repeats();
    const kinds = Array.from({ length: 7 }, (_, at) => {
      const { kind } = repeats.judge(rule, ['/log'], at * 100);
      repeats.ended(at * 100 + 150);
      return kind;
    });
    expect(kinds.at(-1)).toBe('looping');
  });

  it('are none when there is a pause, another path, or another rule', () => {
    const kinds = (all: ReturnType<typeof runs>) => new Set(all.map(({ verdict }) => verdict.kind));
    expect(kinds(runs(new Repeats(), 50, 2000))).toEqual(new Set(['go']));
    const repeats = new Repeats();
    for (let at = 0; at < 50; at++) {
      expect(repeats.judge(rule, [`/${at % 2}`], at * 100).kind).toBe('go');
      expect(repeats.judge({}, ['/log'], at * 100).kind).toBe('go');
      repeats.ended(at * 100 + 50);
    }
  });
});
