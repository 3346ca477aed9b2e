import { TcomposeError } from '../../../errors.ts';
import type { Engine } from '../../context.ts';
import type { Container } from '../container.ts';
import { defaultTimeout, killContainer, stopContainer } from './stop.ts';

/** Longest delay that setTimeout accepts, in milliseconds. */
const longestTimer = 2 ** 31 - 1;

/**
 * Stops a container in its queue. If it has to wait behind another operation, such as a stop with a longer timeout, the
 * container is still killed when this stop's own time is over: of several stops the earliest deadline counts, as with
 * dockerd. Throws 304 when the container was not running at the time of the request.
 */
export async function stopInTurn(
  engine: Engine,
  container: Container,
  options: { readonly timeout?: number | undefined; readonly signal?: string | undefined },
): Promise<void> {
  const wasUp = container.up;
  const seconds = options.timeout ?? container.record.config.StopTimeout ?? defaultTimeout;
  let waiting = true;
  const kill = () => {
    // A failure here is reported by the stop itself when its turn comes.
    if (waiting && container.up) killContainer(engine, container, 'SIGKILL').catch(() => {});
  };
  const timer = wasUp && seconds >= 0 ? setTimeout(kill, Math.min(seconds * 1000, longestTimer)) : undefined;
  try {
    await container.serial.run(() => {
      waiting = false;
      return stopContainer(engine, container, options);
    });
  } catch (error) {
    if (!(wasUp && error instanceof TcomposeError && error.code === 'ENGINE_NOT_MODIFIED')) throw error;
  } finally {
    clearTimeout(timer);
  }
}
