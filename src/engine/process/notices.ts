import { rmSync, writeFileSync } from 'node:fs';
import type { EngineLog } from '../log-sink.ts';
import type { Layout } from '../store/layout.ts';
import type { Privilege } from './privilege.ts';
import { openWayOut } from './way-out.ts';

/**
 * Notices for the user who starts the engine, one sentence per line in the file `notices` of the run directory, which
 * is written before the engine accepts requests. For a rootless engine, the way out is opened meanwhile.
 */
export async function noticesOf(privilege: Privilege, layout: Layout, log: EngineLog): Promise<void> {
  rmSync(layout.notices, { force: true });
  if (privilege.kind === 'root') return;
  const notice = await openWayOut(privilege, layout, process.env).catch(
    (error: Error) => `containers cannot reach out of this machine: ${error.message}`,
  );
  if (notice === undefined) return;
  log.warn(notice);
  writeFileSync(layout.notices, `${notice}\n`, { mode: 0o600 });
}
