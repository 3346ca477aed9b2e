import type { HealthLogEntry } from '../api/container.ts';
import type { HealthConfig, HealthReport } from './types.ts';

/** Entries kept in State.Health.Log. */
const keptEntries = 5;

/** A container's health before its first check. */
export const startingReport: HealthReport = { Status: 'starting', FailingStreak: 0, Log: [] };

/**
 * The report after one more check. A success makes the container healthy at once. A failure within the start period,
 * before the first success, is logged but not counted; any other makes it unhealthy when it completes a streak of
 * `retries`. `runningFor` is in milliseconds at the check's start.
 */
export function afterCheck(
  before: HealthReport,
  entry: HealthLogEntry,
  config: HealthConfig,
  runningFor: number,
): HealthReport {
  const Log = [...before.Log, entry].slice(-keptEntries);
  if (entry.ExitCode === 0) return { Status: 'healthy', FailingStreak: 0, Log };
  if (before.Status === 'starting' && runningFor < config.startPeriod) return { ...before, Log };
  const FailingStreak = before.FailingStreak + 1;
  const Status = FailingStreak >= config.retries ? 'unhealthy' : before.Status;
  return { Status, FailingStreak, Log };
}

/** Milliseconds until the next check: the start interval while starting within the start period. */
export function nextInterval(report: HealthReport, config: HealthConfig, runningFor: number): number {
  const starting = report.Status === 'starting' && runningFor < config.startPeriod;
  return starting ? config.startInterval : config.interval;
}
