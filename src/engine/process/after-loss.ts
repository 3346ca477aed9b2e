import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Container } from '../containers/container.ts';
import { stopAll } from '../containers/lifecycle/stop-all.ts';
import type { Engine } from '../context.ts';
import type { Loss } from './root-removed.ts';
import { startKeeper } from './start-keeper.ts';

/**
 * Reacts to the loss of a directory, so that no container continues which no engine could find or reach. If the state
 * is lost, all containers are stopped and the engine ends. If the run directory is lost, containers are stopped if the
 * next engine can't reach their shim; the next engine starts at once, makes the directory again, and starts what has a
 * restart policy. If only the socket is missing, a new engine suffices. A rootless engine has its namespaces in the run
 * directory: there the next command starts the next engine.
 */
export async function answerLoss(
  engine: Engine,
  loss: Loss,
  end: (why: string, exitCode: 0 | 1) => void,
): Promise<void> {
  const { log, layout } = engine;
  if (loss === 'socket') return end(`${layout.socket} was removed; the next engine makes it again`, 1);
  const removed = loss === 'state' ? layout.lib : layout.run;
  log.error(`${removed} was removed: its containers are stopped`);
  const lost = (container: Container): boolean =>
    loss === 'state' || !existsSync(join(container.runDir, 'shim.sock'));
  await stopAll(engine, lost).catch((error) => log.error('stopping the containers', error));
  const goesOn = loss === 'run' && engine.privilege.kind === 'root' && existsSync(layout.stateLock);
  if (goesOn) startKeeper(layout);
  end(`${removed} was removed`, 0);
}
