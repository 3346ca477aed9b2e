import type { Container } from '../container.ts';

/**
 * What the end of a run, or a start that failed, leads to without a client asking. Both wait for their turn in the
 * container's queue and never throw: failures are logged, and a failed start is on the container's record.
 */
export interface FollowUps {
  /** Starts the container again, unless it has left `restarting` by then. */
  restart(container: Container): void;
  /** Removes the container with its anonymous volumes (AutoRemove). */
  autoRemove(container: Container): void;
}
