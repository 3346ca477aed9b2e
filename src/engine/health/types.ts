import type { HealthLogEntry } from '../api/container.ts';

/** The health check in effect. Durations in milliseconds. */
export interface HealthConfig {
  readonly command: readonly string[];
  readonly interval: number;
  readonly timeout: number;
  readonly startPeriod: number;
  readonly startInterval: number;
  readonly retries: number;
}

type HealthStatus = 'starting' | 'healthy' | 'unhealthy';

/** State.Health of the API. */
export interface HealthReport {
  readonly Status: HealthStatus;
  readonly FailingStreak: number;
  readonly Log: readonly HealthLogEntry[];
}

/** Effects of the runner. `now` monotonic milliseconds; `timestamp` RFC 3339. */
export interface HealthClock {
  now(): number;
  timestamp(): string;
  /** Calls back once after `milliseconds`; the returned function cancels. */
  after(milliseconds: number, callback: () => void): () => void;
}

/**
 * Runs the check in the container, passing on output (stdout and stderr together, at most as much as it likes) as it
 * arrives. Aborting the signal must kill the process and settle the promise.
 */
export type HealthExec = (
  command: readonly string[],
  options: { readonly signal: AbortSignal; readonly onOutput: (bytes: Uint8Array) => void },
) => Promise<{ readonly exitCode: number }>;
