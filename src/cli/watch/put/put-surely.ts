import { setTimeout as sleep } from 'node:timers/promises';
import { statusOf } from '../../../engine/client/api-failure.ts';
import type { EngineClient } from '../../../engine/client/engine-client.ts';
import { TcomposeError } from '../../../errors.ts';
import type { SyncItem } from '../../../watch/batch.ts';
import type { ServiceContainers } from '../service-containers.ts';
import type { Put } from './put.ts';
import { putItems } from './put-items.ts';

interface Ways {
  readonly client: EngineClient;
  readonly containers: ServiceContainers;
  /** Aborted when watching has ended. */
  readonly signal: AbortSignal;
}

/** Milliseconds between two attempts, and how often to try again. */
const pause = 50;
const mostTries = 200;

/**
 * Puts items into one container, and repeats this if it ended or started meanwhile, or the engine went away: each
 * change is reported once, so it must not be lost. Undefined: the container is gone. @throws TcomposeError of the
 * engine
 */
export async function putSurely(
  ways: Ways,
  container: { readonly id: string; readonly state: string },
  items: readonly SyncItem[],
): Promise<Put | undefined> {
  let { state } = container;
  for (let left = mostTries; ; left--) {
    try {
      return await putItems(ways.client, { id: container.id, state }, items);
    } catch (error) {
      const now = await stateOf(ways, container.id);
      if (now === undefined) return undefined;
      if (left === 0 || ways.signal.aborted || (now === state && !passes(error))) throw error;
      state = now;
    }
    await sleep(pause);
  }
}

/** The state in the engine now; if the engine does not answer, the state is unknown, but the container has not ended. */
async function stateOf({ containers }: Ways, id: string): Promise<string | undefined> {
  containers.forget();
  try {
    return (await containers.all()).find((one) => one.id === id)?.state;
  } catch {
    return 'unknown';
  }
}

/** Whether it may succeed in a moment: the container, or the engine, is just restarting. */
const passes = (error: unknown): boolean =>
  statusOf(error) === 409 || (error instanceof TcomposeError && error.code === 'ENGINE_UNREACHABLE');
