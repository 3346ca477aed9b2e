import { describe, expect, it } from 'vitest';
import { processRuns } from '../../../../src/engine/client/process-runs.ts';

describe('processRuns', () => {
  it('knows a living process, and none where there is none', () => {
    expect(processRuns(process.pid)).toBe(true);
    for (const pid of [0, -1, Number.NaN, 4_194_305]) expect(processRuns(pid)).toBe(false);
  });

  it('takes one that waits for its parent as ended, whatever its name', () => {
    const state = (letter: string) => () => `7 (a) R (b) ${letter} 1 7 7 0`;
    expect(processRuns(7, state('S'))).toBe(true);
    expect(processRuns(7, state('Z'))).toBe(false);
    expect(processRuns(7, state('X'))).toBe(false);
  });
});
