import { existsSync } from 'node:fs';
import { TcomposeError } from '../../../errors.ts';
import type { Engine } from '../../context.ts';
import { markAsDown } from '../../store/boot.ts';
import type { Container } from '../container.ts';
import { stopContainer } from './stop.ts';

/** Most rounds: what a client starts meanwhile is stopped in the next round. */
const rounds = 3;

/**
 * Stops containers (all, unless `which` chooses), as when the machine shuts down: all at once, each with its own signal
 * and timeout, and none permanently. The next engine treats its start as a boot, so that restart policies start what
 * they would start then.
 */
export async function stopAll(
  engine: Engine,
  which: (container: Container) => boolean = () => true,
): Promise<void> {
  // If the state directory was removed, no engine will come to read this.
  if (existsSync(engine.layout.lib)) markAsDown(engine.layout);
  for (let round = 0; round < rounds; round++) {
    const containers = engine.containers.all().filter(which);
    for (const container of containers) {
      // Its state stays `restarting`: the next engine starts it.
      container.cancelRestart?.();
      container.cancelRestart = undefined;
    }
    const up = containers.filter((container) => container.up);
    if (up.length === 0) return;
    await Promise.all(
      up.map((container) =>
        container.serial
          .run(() => stopContainer(engine, container, { withEngine: true }))
          .catch((error) => {
            const ended = error instanceof TcomposeError && error.code === 'ENGINE_NOT_MODIFIED';
            if (!ended) engine.log.error(`stopping ${container.name}`, error);
          }),
      ),
    );
  }
}
