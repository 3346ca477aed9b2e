import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { stopAll } from '../containers/lifecycle/stop-all.ts';
import type { Engine } from '../context.ts';
import { startKeeper } from './start-keeper.ts';

/** Milliseconds within which a signal sent to a whole group of processes has reached both the keeper and the engine. */
const together = 100;

/** Ends the engine when a signal asks for it, or when a process that the engine can't do without has ended. */
export function watchEnds(
  engine: Engine,
  lifetime: { readonly ending: () => boolean; readonly end: (why: string, exitCode: 0 | 1) => void },
): void {
  const { keeper, log, layout, privilege } = engine;
  const { ending, end } = lifetime;
  let machineEnds = false;
  const keeperGone = async (): Promise<void> => {
    // At a logout systemd signals all processes of the scope: then the engine has to end too, and must not start a keeper.
    await sleep(together);
    if (ending() || machineEnds) return;
    log.error('the keeper is gone; starting another, which starts the next engine');
    startKeeper(layout);
    end('the keeper is gone', 1);
  };
  keeper.onKeeperGone(() => void keeperGone());
  // Only the command that starts the engine can start that process, since it is outside of the engine's namespaces.
  // Containers and their networks stay.
  if (privilege.kind === 'rootless')
    privilege.home.onGone(() => {
      if (!machineEnds) end('tcompose-network is gone; the next command starts both', 0);
    });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (machineEnds) return;
      machineEnds = systemdShutsDown();
      if (!machineEnds) return end(signal, 0);
      log.info('the machine is going down: the containers are stopped');
      void stopAll(engine)
        .catch((error) => log.error('stopping the containers', error))
        .finally(() => end('the machine is going down', 0));
    });
  }
}

/** Whether systemd has executed its shutdown program, which signals all processes that are left and waits until they are gone. */
function systemdShutsDown(): boolean {
  try {
    return readFileSync('/proc/1/comm', 'utf8').trim() === 'systemd-shutdow';
  } catch {
    return false;
  }
}
