import { rmSync, writeFileSync } from 'node:fs';
import type { EngineLog } from '../log-sink.ts';
import type { Layout } from '../store/layout.ts';
import { keepWayOut } from './keep-way-out.ts';
import type { Privilege } from './privilege.ts';
import { openWayOut } from './way-out.ts';

/**
 * Notices for the user who starts the engine, one sentence per line in the file `notices` of the run directory, which
 * is written before the engine accepts requests. For a rootless engine, the way out is opened meanwhile and
 * kept open from then on.
 */
export async function noticesOf(privilege: Privilege, layout: Layout, log: EngineLog): Promise<void> {
  rmSync(layout.notices, { force: true });
  if (privilege.kind === 'root') return;
  const open = () => openWayOut(privilege, layout, process.env);
  const notice = await open().catch(
    (error: Error) => `containers cannot reach out of this machine: ${error.message}`,
  );
  if (notice === undefined) {
    keepWayOut(privilege, open, log);
    return;
  }
  log.warn(notice);
  writeFileSync(layout.notices, `${notice}\n`, { mode: 0o600 });
}
