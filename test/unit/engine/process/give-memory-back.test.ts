import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { giveMemoryBack } from '../../../../src/engine/process/give-memory-back.ts';

describe('giving memory back', () => {
  const requests = { total: 0 };
  let trims = 0;
  let end = (): void => {};
  const pass = (looks: number) => vi.advanceTimersByTime(looks * 1000);

  beforeEach(() => {
    vi.useFakeTimers();
    requests.total = 0;
    trims = 0;
    end = giveMemoryBack(
      requests,
      async () => {
        trims++;
      },
      1000,
    );
  });

  afterEach(() => {
    end();
    vi.useRealTimers();
  });

  it('is done a few times after work, and no more', () => {
    pass(40);
    expect(trims).toBe(12);
    requests.total++;
    pass(40);
    expect(trims).toBe(24);
  });

  it('is not done while requests come', () => {
    for (let turn = 0; turn < 20; turn++) {
      requests.total++;
      pass(1);
    }
    expect(trims).toBe(0);
    pass(1);
    expect(trims).toBe(1);
  });

  it('ends', () => {
    end();
    pass(40);
    expect(trims).toBe(0);
  });
});
