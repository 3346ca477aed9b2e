import type { LogPlan } from '../../../runtime/launch/launch-plan.ts';
import type { LogConfig } from '../../api/host-config.ts';
import { badParameter } from '../../http/failure.ts';

const defaultSize = 100 * 1024 * 1024;
const defaultFiles = 5;
/**
 * How long a client that may be about to show a container's output has to look at the log for the first time, in
 * milliseconds.
 */
const awaitFollower = 10_000;
const units: Readonly<Record<string, number>> = { '': 1, b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/**
 * Where and how much the shim logs: `max-size` (`10m`, `-1` unlimited) and `max-file` of the json-file and local
 * drivers; the default is 100 MB × 5, where Docker keeps everything until the disk is full; undefined with driver none.
 * Throws 400 for invalid sizes.
 * @param expected somebody may be about to follow the log and must not miss a line: it is rotated only once that is
 * settled
 */
export function parseLogConfig(
  config: LogConfig | null | undefined,
  path: string,
  expected = false,
): LogPlan | undefined {
  if (config?.Type === 'none') return undefined;
  const size = config?.Config?.['max-size'];
  const files = config?.Config?.['max-file'];
  return {
    path,
    maxSize: size === undefined ? defaultSize : parseSize(size),
    maxFiles: files === undefined ? defaultFiles : parseFiles(files),
    awaitFollower: expected ? awaitFollower : 0,
  };
}

function parseSize(text: string): number {
  if (text === '-1') return 0;
  const match = /^(\d+(?:\.\d+)?)\s*([bkmg]?)(?:i?b)?$/i.exec(text);
  if (match === null) throw badParameter(`invalid value for max-size: ${text}`);
  return Math.floor(Number(match[1]) * units[match[2]!.toLowerCase()]!);
}

function parseFiles(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw badParameter(`invalid value for max-file: ${text}`);
  return Number(text);
}
