import type { Container } from '../container.ts';

/**
 * What happens after an exit, or after a failed start, without a client's request. Both methods wait for their turn in
 * the container's queue and never throw: failures are logged, and a failed start is recorded with the container.
 */
export interface FollowUps {
  /** Starts the container again, unless it has left `restarting` by then. */
  restart(container: Container): void;
  /** Removes the container with its anonymous volumes (AutoRemove). */
  autoRemove(container: Container): void;
}
