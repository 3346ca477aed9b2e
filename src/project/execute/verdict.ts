import type { ContainerState } from '../../engine/api/container.ts';
import type { WaitCondition } from '../plan.ts';

/** Whether a container's state meets a condition, may still meet it, or has failed it. */
export type Verdict =
  | { readonly kind: 'met'; readonly as: 'healthy' | 'running' | 'completed' }
  | { readonly kind: 'pending' }
  | { readonly kind: 'failed'; readonly reason: 'unhealthy' | 'exited' | 'no-healthcheck' | 'gone' };

const PENDING: Verdict = { kind: 'pending' };
const failed = (reason: 'unhealthy' | 'exited' | 'no-healthcheck' | 'gone'): Verdict => ({
  kind: 'failed',
  reason,
});

/** Judges a state; `undefined` means a container that no longer exists. Pure. */
export function judge(state: ContainerState | undefined, condition: WaitCondition): Verdict {
  if (state === undefined) return failed('gone');
  const ended = state.Status === 'exited' || state.Status === 'dead';
  const health = state.Health?.Status === 'none' ? undefined : state.Health?.Status;
  switch (condition) {
    case 'completed':
      if (!ended) return PENDING;
      return state.ExitCode === 0 ? { kind: 'met', as: 'completed' } : failed('exited');
    case 'healthy':
      if (ended) return failed('exited');
      if (state.Status === 'running' && health === undefined) return failed('no-healthcheck');
      if (health === 'unhealthy' && state.Status === 'running') return failed('unhealthy');
      return health === 'healthy' ? { kind: 'met', as: 'healthy' } : PENDING;
    case 'ready':
    case 'done':
      if (ended)
        return condition === 'done' && state.ExitCode === 0
          ? { kind: 'met', as: 'completed' }
          : failed('exited');
      if (state.Status !== 'running') return PENDING;
      if (health === undefined) return { kind: 'met', as: 'running' };
      if (health === 'unhealthy') return failed('unhealthy');
      return health === 'healthy' ? { kind: 'met', as: 'healthy' } : PENDING;
  }
}
