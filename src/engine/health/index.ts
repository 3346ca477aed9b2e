export { resolveHealthConfig } from './config.ts';
export { type HealthMonitor, monitorHealth } from './monitor.ts';
export type {
  HealthClock,
  HealthConfig,
  HealthExec,
  HealthLogEntry,
  HealthReport,
  HealthStatus,
} from './types.ts';
