/**
 * What Docker's list of containers contains only as text for people (`Up 3 minutes (healthy)`, `Exited (1) 2 hours
 * ago`): engines before API version 1.52 have no field for a container's health, and none has one for its exit code.
 */
const HEALTH = /\((?:health: )?(starting|healthy|unhealthy)\)/;
const EXITED = /^Exited \((-?\d+)\)/;

export type HealthStatus = 'starting' | 'healthy' | 'unhealthy' | 'none';

/** Health from a status text; `none` if it is not mentioned. */
export const healthInWords = (status: string): HealthStatus =>
  (HEALTH.exec(status)?.[1] as HealthStatus | undefined) ?? 'none';

/** Exit code from a status text; undefined for a container that has not ended. */
export function exitCodeInWords(status: string): number | undefined {
  const code = EXITED.exec(status)?.[1];
  return code === undefined ? undefined : Number(code);
}
