/** The engine's two clocks: wall time for display, monotonic time for durations. */
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

/**
 * If the wall clock was set by more than this many milliseconds, it is followed; smaller differences are drift between
 * the two clocks.
 */
const largestDrift = 2;

/**
 * Wall time that advances with the monotonic clock, so that it has microseconds and never goes back unless the wall
 * clock is set. Both arguments return milliseconds; those of `wall` may be whole.
 */
export function createClock(wall: () => number, monotonic: () => number): Clock {
  let origin = wall() - monotonic();
  return {
    now() {
      // The wall clock is read between two readings of the monotonic one. If these are far apart, the process was
      // suspended in between, and the clock was not set.
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
