import { isIP } from 'node:net';
import type { ContainerConfig, HealthcheckConfig } from '../../api/container-config.ts';
import type { HostConfig } from '../../api/host-config.ts';
import { badParameter } from '../../http/failure.ts';
import { parseLogConfig } from './log-config.ts';

const nanosPerMillisecond = 1_000_000;
const healthTimes: readonly string[] = ['Interval', 'Timeout', 'StartPeriod', 'StartInterval'];
/** Options of Docker's json-file and local log drivers, and whether this engine carries them out. */
const logOptions: Readonly<Record<string, boolean>> = {
  'max-size': true,
  'max-file': true,
  compress: false,
  env: false,
  'env-regex': false,
  labels: false,
  'labels-regex': false,
  'max-buffer-size': false,
  mode: false,
  tag: false,
};

/**
 * Refuses single invalid values (400), with dockerd's messages, and returns a sentence for each value that is accepted
 * but has no effect.
 */
export function checkValues(config: ContainerConfig, host: HostConfig): string[] {
  for (const entry of host.ExtraHosts ?? []) checkExtraHost(entry);
  if (config.Healthcheck) checkHealth(config.Healthcheck);
  return checkLog(host.LogConfig);
}

/** Variables in the form of a request: `NAME=value`, or `NAME` to remove the image's. */
export function checkEnv(entries: readonly string[] | null | undefined): void {
  for (const entry of entries ?? []) {
    if (entry === '' || entry.startsWith('=')) throw badParameter(`invalid environment variable: ${entry}`);
  }
}

/** `name:address`; the address may be in brackets, or `host-gateway`. */
function checkExtraHost(entry: string): void {
  const [, name, address = ''] = /^([^:=]*)[:=](.*)$/.exec(entry) ?? [];
  if (!name || address === '') throw badParameter(`bad format for add-host: "${entry}"`);
  if (address !== 'host-gateway' && isIP(address.replace(/^\[(.*)\]$/, '$1')) === 0) {
    throw badParameter(`invalid IP address in add-host: "${address}"`);
  }
}

/** Whether a field of a health check is a time under 1 ms; 0 stands for the default. */
export const isTooShort = (name: string, value: unknown): boolean =>
  healthTimes.includes(name) && typeof value === 'number' && value !== 0 && value < nanosPerMillisecond;

function checkHealth(check: HealthcheckConfig): void {
  for (const [name, value] of Object.entries(check)) {
    if (isTooShort(name, value)) throw badParameter(`${name} in Healthcheck cannot be less than 1ms`);
  }
  if (check.Retries !== undefined && check.Retries !== null && check.Retries < 0) {
    throw badParameter('Retries in Healthcheck cannot be negative');
  }
}

/** Drivers that this engine lacks are handled by checkCreate; their options may be anything. */
function checkLog(log: HostConfig['LogConfig']): string[] {
  const driver = log?.Type || 'json-file';
  if (driver !== 'json-file' && driver !== 'local') return [];
  parseLogConfig(log, '/');
  return Object.keys(log?.Config ?? {}).flatMap((name) => {
    const known = logOptions[name];
    if (known === undefined) throw badParameter(`unknown log opt '${name}' for ${driver} log driver`);
    return known ? [] : [`log option "${name}" is accepted but has no effect in this engine`];
  });
}
