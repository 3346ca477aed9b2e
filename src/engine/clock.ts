/** The two clocks of the engine: wall time for what is shown, monotonic time for durations. */
export interface Clock {
  /** Wall time: whole milliseconds since the epoch and nanoseconds within them. */
  now(): Instant;
  /** Milliseconds, monotonic. */
  monotonic(): number;
}

export interface Instant {
  readonly ms: number;
  /** 0 to 999999. */
  readonly nanos: number;
}

/** A wall clock set by more than this many milliseconds is followed; less is the two clocks' own drift. */
const largestDrift = 2;

let origin = Date.now() - performance.now();

/** The machine's clocks; microsecond resolution, and the wall clock never goes back between two settings of it. */
export const systemClock: Clock = {
  now() {
    const wall = Date.now();
    if (Math.abs(wall - origin - performance.now()) > largestDrift) origin = wall - performance.now();
    const time = origin + performance.now();
    const ms = Math.floor(time);
    return { ms, nanos: Math.floor((time - ms) * 1000) * 1000 };
  },
  monotonic: () => performance.now(),
};
