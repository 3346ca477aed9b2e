import { runCheck } from './run-check.ts';
import { afterCheck, nextInterval, startingReport } from './state.ts';
import type { HealthClock, HealthConfig, HealthExec, HealthReport } from './types.ts';

export interface HealthMonitor {
  report(): HealthReport;
  /** Stops checking and kills a check that is running; idempotent. */
  stop(): void;
}

/**
 * Starts checking a container that has just been started (or adopted, with its last report). One check at a time, each
 * an interval after the end of the previous one; nothing is reported after `stop`.
 */
export function monitorHealth(options: {
  readonly config: HealthConfig;
  readonly exec: HealthExec;
  readonly clock: HealthClock;
  /** Milliseconds the container has already been running; 0 for a fresh start. */
  readonly runningFor?: number;
  readonly last?: HealthReport;
  /** Called after every check; `changed` when the status differs from the previous one (event health_status: <status>). */
  readonly onReport: (report: HealthReport, changed: boolean) => void;
}): HealthMonitor {
  const { config, exec, clock, onReport } = options;
  const startedAt = clock.now() - (options.runningFor ?? 0);
  const stopped = new AbortController();
  let report = options.last ?? startingReport;
  let cancelTimer = (): void => {};

  const schedule = (): void => {
    cancelTimer = clock.after(nextInterval(report, config, clock.now() - startedAt), () => void check());
  };
  const check = async (): Promise<void> => {
    const runningFor = clock.now() - startedAt;
    const entry = await runCheck(config, exec, clock, stopped.signal);
    if (entry === undefined || stopped.signal.aborted) return;
    const before = report.Status;
    report = afterCheck(report, entry, config, runningFor);
    schedule();
    onReport(report, report.Status !== before);
  };

  schedule();
  return {
    report: () => report,
    stop() {
      cancelTimer();
      stopped.abort();
    },
  };
}
