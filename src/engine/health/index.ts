export { resolveHealthConfig } from './config.ts';
export { type HealthMonitor, monitorHealth } from './monitor.ts';
export type { HealthClock, HealthExec, HealthReport } from './types.ts';
