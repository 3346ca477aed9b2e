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

/**
 * Wall time that counts on by the monotonic clock, so that it has microseconds and never goes back between two settings of
 * the wall clock. Both arguments in milliseconds; `wall` may be whole ones.
 */
export function createClock(wall: () => number, monotonic: () => number): Clock {
  let origin = wall() - monotonic();
  return {
    now() {
      // The wall clock is read somewhere between two looks at the other one, which are far apart when the process is put
      // to sleep in between: that is not a setting of the clock.
      const before = monotonic();
      const shown = wall();
      const after = monotonic();
      const ahead = shown - (origin + after);
      const behind = origin + before - (shown + 1);
      if (ahead > largestDrift || behind > largestDrift) origin = shown - after;
      const time = origin + after;
      const ms = Math.floor(time);
      return { ms, nanos: Math.floor((time - ms) * 1000) * 1000 };
    },
    monotonic,
  };
}

/** The machine's clocks. */
export const systemClock: Clock = createClock(
  () => Date.now(),
  () => performance.now(),
);
