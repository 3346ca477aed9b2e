import { TcomposeError } from '../../../errors.ts';
import type { Engine } from '../../context.ts';
import { rfc3339 } from '../../time-text.ts';
import type { Container } from '../container.ts';
import type { StoppedState } from '../state.ts';

/**
 * Undoes the steps of a start whose command does not run or could not be given its network, last first, and records the
 * failure with the container. Only for a container in state `starting`. Never throws.
 */
export async function rollBack(
  engine: Engine,
  container: Container,
  before: StoppedState,
  undo: readonly (() => unknown)[],
  error: unknown,
): Promise<void> {
  for (const step of [...undo].reverse()) {
    try {
      await step();
    } catch (failure) {
      engine.log.error(`undoing the start of ${container.name}`, failure);
    }
  }
  const failure = {
    exitCode: error instanceof TcomposeError && error.exitCode > 1 ? error.exitCode : 128,
    oomKilled: false,
    error: error instanceof Error ? error.message : String(error),
    finishedAt: rfc3339(engine.clock.now()),
  };
  container.become(
    before.status === 'created'
      ? { status: 'created', failure }
      : { status: 'exited', startedAt: before.startedAt, exit: failure },
  );
  engine.states.write(container);
  for (const pending of container.pendingAttaches) {
    pending.failed(error instanceof Error ? error : new Error(String(error)));
  }
  container.pendingAttaches.clear();
  container.announce();
  if (container.hostConfig.AutoRemove) engine.followUps.autoRemove(container);
}
