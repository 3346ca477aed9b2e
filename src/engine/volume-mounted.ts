import { statSync } from 'node:fs';
import { basename, dirname } from 'node:path';

/** Whether a volume that has its own file system is mounted: its data is then on another device than its directory. */
export function isMounted(data: string): boolean {
  const own = statSync(data, { throwIfNoEntry: false });
  const above = statSync(dirname(data), { throwIfNoEntry: false });
  return basename(data) === '_data' && own !== undefined && above !== undefined && own.dev !== above.dev;
}
