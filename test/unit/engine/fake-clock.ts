import type { HealthClock } from '../../../src/engine/health/types.ts';

/** A clock that goes only when told; `advance` also lets promises settle between timers. */
export function fakeClock(): HealthClock & { advance(milliseconds: number): Promise<void> } {
  let time = 0;
  let timers: { at: number; callback: () => void }[] = [];
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  };
  return {
    now: () => time,
    timestamp: () => `t${time}`,
    after(milliseconds, callback) {
      const timer = { at: time + milliseconds, callback };
      timers.push(timer);
      return () => {
        timers = timers.filter((one) => one !== timer);
      };
    },
    async advance(milliseconds) {
      const end = time + milliseconds;
      for (;;) {
        await settle();
        const due = timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
        if (due === undefined) break;
        timers = timers.filter((one) => one !== due);
        time = due.at;
        due.callback();
      }
      time = end;
      await settle();
    },
  };
}
