import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from '../../../src/watch/merge.ts';

const [a, b, c] = ['file 1 a', 'file 1 b', 'file 1 c'];

describe('what becomes of a path that goes both ways', () => {
  it.each([
    ['nothing changed', { here: a, there: a, seenHere: a, seenThere: a }, 'none'],
    ['changed here', { here: b, there: a, seenHere: a, seenThere: a }, 'none'],
    ['changed there', { here: a, there: b, seenHere: a, seenThere: a }, 'bring'],
    ['new there', { here: undefined, there: b, seenHere: undefined, seenThere: undefined }, 'bring'],
    ['gone there', { here: a, there: undefined, seenHere: a, seenThere: a }, 'remove'],
    ['gone here', { here: undefined, there: a, seenHere: a, seenThere: a }, 'none'],
    ['both the same way', { here: b, there: b, seenHere: a, seenThere: a }, 'none'],
    ['both otherwise', { here: b, there: c, seenHere: a, seenThere: a }, 'conflict'],
    ['gone here, changed there', { here: undefined, there: b, seenHere: a, seenThere: a }, 'conflict'],
    ['changed here, gone there', { here: b, there: undefined, seenHere: a, seenThere: a }, 'none'],
    [
      'of the image from the beginning',
      { here: undefined, there: a, seenHere: undefined, seenThere: a },
      'none',
    ],
    [
      'a file where a directory is',
      { here: 'directory', there: b, seenHere: 'directory', seenThere: undefined },
      'conflict',
    ],
    [
      'a link there',
      { here: undefined, there: 'link /etc', seenHere: undefined, seenThere: undefined },
      'none',
    ],
  ] as const)('%s', (_, sides, decision) => {
    expect(decide(sides)).toBe(decision);
  });

  it('never loses what changed here', () => {
    const what = fc.constantFrom(undefined, a, b, c, 'directory', 'link x');
    fc.assert(
      fc.property(what, what, what, what, (here, there, seenHere, seenThere) => {
        const decision = decide({ here, there, seenHere, seenThere });
        if (here !== seenHere) expect(['none', 'conflict']).toContain(decision);
      }),
    );
  });
});
