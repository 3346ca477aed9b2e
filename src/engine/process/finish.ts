import { setTimeout as sleep } from 'node:timers/promises';
import type { HeldLock } from '../../sys/flock.ts';
import { removeCgroupParents } from '../containers/lifecycle/orphans.ts';
import { leaveOwnGroup } from '../containers/spec/own-group.ts';
import type { Engine } from '../context.ts';

const closeSpares = ({ spares }: Engine): Promise<void>[] => [spares.containers.close(), spares.runs.close()];

/**
 * If no container is running, nothing of this engine root stays in the kernel: bridges and firewall entries are made
 * again when needed.
 */
export async function finish(engine: Engine, lock: HeldLock): Promise<void> {
  const containers = engine.containers.all();
  for (const container of containers) container.health?.stop();
  if (!containers.some((container) => container.up)) {
    const removals = engine.networks
      .all()
      .map((record) =>
        engine.net
          .removeNetwork(record)
          .catch((error) => engine.log.error(`removing network ${record.name} from the machine`, error)),
      );
    await Promise.race([Promise.all([...removals, engine.networks.settled()]), sleep(2000)]);
    leaveOwnGroup(engine);
    removeCgroupParents(engine);
  }
  const { lib, run } = engine.trash;
  await Promise.race([
    Promise.all([
      engine.net.close(),
      engine.images.close(),
      lib.empty(),
      run.empty(),
      ...closeSpares(engine),
    ]),
    sleep(2000),
  ]);
  engine.states.close();
  engine.events.close();
  lock.release();
}
