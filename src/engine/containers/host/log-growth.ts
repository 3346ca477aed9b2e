import type { LogGrowth } from '../../logs/read-log.ts';
import type { Container, Launch } from '../container.ts';

/**
 * Tells a follower when to look again: on the shim's notices, across any number of restarts, until the container stops
 * for good (docker logs -f ends then).
 */
export function logGrowth(container: Container): LogGrowth {
  return {
    subscribe(listener) {
      let launch: Launch | undefined;
      let release = (): void => {};
      const follow = (): void => {
        if (container.launch === launch) return;
        release();
        launch = container.launch;
        release = launch === undefined ? () => {} : followShim(launch, listener);
        listener('grew');
      };
      const offChange = container.onChange((state) => {
        follow();
        if (state === 'gone' || !goesOn(container)) listener('ended');
      });
      follow();
      if (!goesOn(container)) queueMicrotask(() => listener('ended'));
      return () => {
        offChange();
        release();
      };
    },
  };
}

/** The shim starts its next file only when the follower has this one open. */
function followShim({ shim }: Launch, listener: Parameters<LogGrowth['subscribe']>[0]): () => void {
  const follow = shim.followLog(({ generation }) => listener('grew', () => follow.opened(generation)));
  return follow.release;
}

function goesOn(container: Container): boolean {
  return container.up || container.state.status === 'restarting';
}
