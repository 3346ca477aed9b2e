import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Turns } from '../../../../src/cli/watch/session/turns.ts';

describe('pieces of work', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** Work that is due at a time, and takes until `finish` is called. */
  const open = () => {
    const state = { due: 100, begun: [] as number[], finish: () => {}, failed: [] as string[], again: 0 };
    const turns = new Turns({
      now: () => Date.now(),
      due: () => state.due,
      take: (now) => {
        if (state.again > 0) return state.again;
        state.begun.push(now);
        state.due = Number.POSITIVE_INFINITY;
        return new Promise((resolve) => {
          state.finish = resolve;
        });
      },
      failed: (error) => state.failed.push(error.message),
    });
    vi.setSystemTime(0);
    return { state, turns };
  };

  it('are carried out one after the other, each when it is due', async () => {
    const { state, turns } = open();
    turns.look();
    await vi.advanceTimersByTimeAsync(200);
    expect(state.begun).toEqual([]);
    turns.begin();
    expect([state.begun, turns.rests]).toEqual([[200], false]);
    state.due = 250;
    turns.look();
    await vi.advanceTimersByTimeAsync(200);
    expect(state.begun).toEqual([200]);
    state.finish();
    await vi.advanceTimersByTimeAsync(1);
    expect(state.begun).toEqual([200, 400]);
  });

  it('wait while paused, and are asked for again when that was wanted', async () => {
    const { state, turns } = open();
    turns.begin();
    turns.pause(true);
    await vi.advanceTimersByTimeAsync(500);
    expect([state.begun, turns.paused]).toEqual([[], true]);
    state.again = 15;
    turns.pause(false);
    await vi.advanceTimersByTimeAsync(5);
    state.again = 0;
    await vi.advanceTimersByTimeAsync(10);
    expect(state.begun).toEqual([515]);
  });

  it('tell their failure, and don\u2019t begin after the end, which waits for the last', async () => {
    const { state, turns } = open();
    turns.run(Promise.reject(new Error('no')));
    await vi.advanceTimersByTimeAsync(0);
    expect(state.failed).toEqual(['no']);
    turns.begin();
    await vi.advanceTimersByTimeAsync(100);
    state.due = 0;
    let ended = false;
    const end = turns.end().then(() => {
      ended = true;
    });
    await vi.advanceTimersByTimeAsync(100);
    expect(ended).toBe(false);
    state.finish();
    await end;
    expect(state.begun).toHaveLength(1);
  });
});
