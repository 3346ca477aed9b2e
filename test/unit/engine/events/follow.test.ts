import { describe, expect, it } from 'vitest';
import type { EventMessage } from '../../../../src/engine/api/events.ts';
import { followEvents } from '../../../../src/engine/events/follow.ts';

const event = (seq: number) => ({ seq, event: { Action: `a${seq}` } as EventMessage });

describe('a follower of events', () => {
  function follower(kept: { first: number; last: number }) {
    const written: string[] = [];
    let lost = 0;
    let release = () => {};
    const follow = followEvents({
      journal: {
        after(seq, most) {
          if (seq + 1 < kept.first) return 'gone';
          const numbers = Array.from({ length: Math.max(0, kept.last - seq) }, (_, index) => seq + 1 + index);
          return numbers.slice(0, most).map(event);
        },
      },
      from: 0,
      wanted: ({ Action }) => Action !== 'a2',
      write: (lines) => {
        written.push(lines);
        return new Promise((resolve) => {
          release = resolve;
        });
      },
      over: () => false,
      lost: () => lost++,
    });
    return { follow, written, lost: () => lost, drain: () => release() };
  }

  it('that does not read holds one batch, whatever happens meanwhile, and loses nothing', async () => {
    const kept = { first: 1, last: 3 };
    const one = follower(kept);
    const done = one.follow();
    expect(one.written).toEqual(['{"Action":"a1"}\n{"Action":"a3"}\n']);
    kept.last = 100;
    void one.follow();
    expect(one.written).toHaveLength(1);
    for (let count = 0; count < 5; count++) {
      one.drain();
      await new Promise(setImmediate);
    }
    await done;
    const lines = one.written.join('').trim().split('\n');
    expect([lines.length, lines.at(-1)]).toEqual([99, '{"Action":"a100"}']);
  });

  it('that reads too slowly is told once', async () => {
    const kept = { first: 1, last: 3 };
    const one = follower(kept);
    const done = one.follow();
    Object.assign(kept, { first: 5000, last: 9000 });
    one.drain();
    await done;
    await one.follow();
    expect([one.lost(), one.written.length]).toEqual([1, 1]);
  });
});
