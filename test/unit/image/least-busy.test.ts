import { describe, expect, it } from 'vitest';
import { leastBusy, type Share } from '../../../src/image/jobs/least-busy.ts';

const mib = 1024 * 1024;
const thread = (...jobs: Share[]) => ({ jobs: new Map(jobs.entries()) });
const share = (size: number | undefined, progress = 0): Share => ({ size, progress });

describe('the thread with the least to do', () => {
  it('is none of none', () => {
    expect(leastBusy([])).toBeUndefined();
  });

  it('is the one with the fewest bytes left, not with the fewest jobs', () => {
    const [large, small] = [thread(share(100 * mib)), thread(share(mib), share(mib), share(mib))];
    expect(leastBusy([large, small])).toBe(small);
    const nearlyDone = thread(share(100 * mib, 99 * mib));
    expect(leastBusy([small, nearlyDone])).toBe(nearlyDone);
  });

  it('is the one with fewer jobs where all are small, and the first of equals', () => {
    const [two, one, other] = [thread(share(1), share(1)), thread(share(2)), thread(share(2))];
    expect(leastBusy([two, one, other])).toBe(one);
    expect(leastBusy([two, thread()])?.jobs.size).toBe(0);
  });

  it('counts a job of unknown size for some megabytes', () => {
    const [unknown, large, small] = [thread(share(undefined)), thread(share(50 * mib)), thread(share(mib))];
    expect(leastBusy([unknown, large])).toBe(unknown);
    expect(leastBusy([unknown, small])).toBe(small);
  });
});
