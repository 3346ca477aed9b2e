import type { ImageRuntimeConfig } from '../../image/types.ts';
import type { HealthClock, HealthConfig, HealthExec, HealthReport } from './types.ts';

export type {
  HealthClock,
  HealthConfig,
  HealthExec,
  HealthLogEntry,
  HealthReport,
  HealthStatus,
} from './types.ts';

/** Durations in nanoseconds, as in the API; undefined: no health check (none given, or NONE). */
export declare function resolveHealthConfig(
  user: ImageRuntimeConfig['Healthcheck'] | null | undefined,
  image: ImageRuntimeConfig['Healthcheck'] | null | undefined,
  shell?: readonly string[],
): HealthConfig | undefined;

export interface HealthMonitor {
  report(): HealthReport;
  /** Stops probing and kills a check that is running; idempotent. */
  stop(): void;
}

/** Starts probing a container that has just been started (or adopted, with its last report). */
export declare function monitorHealth(options: {
  readonly config: HealthConfig;
  readonly exec: HealthExec;
  readonly clock: HealthClock;
  /** Milliseconds the container has already been running; 0 for a fresh start. */
  readonly runningFor?: number;
  readonly last?: HealthReport;
  /** After every check; `changed` when the status differs from the one before (event health_status: <status>). */
  readonly onReport: (report: HealthReport, changed: boolean) => void;
}): HealthMonitor;
