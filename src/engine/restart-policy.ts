import { TcomposeError } from '../errors.ts';

/** HostConfig.RestartPolicy. */
export interface RestartPolicy {
  readonly name: 'no' | 'always' | 'on-failure' | 'unless-stopped';
  /** Only for on-failure; 0 means no limit. */
  readonly maximumRetryCount: number;
}

/** What has to be remembered between two exits of one container; restartCount is also in state.json. */
export interface RestartState {
  /** Restarts by policy since the user last started it. */
  readonly restartCount: number;
  /** Milliseconds waited before the last restart; 0 before the first. */
  readonly lastDelay: number;
  /** The user stopped or killed it (docker stop/kill): no restart until the user starts it again. */
  readonly stoppedByUser: boolean;
}

type RestartDecision =
  | { readonly action: 'restart'; readonly delay: number; readonly state: RestartState }
  | { readonly action: 'stay'; readonly state: RestartState };

/** Docker's back-off: 100 ms, doubled at each restart up to a minute, from the start again after 10 s of running. */
const firstDelay = 100;
const longestDelay = 60_000;
const provenAfter = 10_000;

const names = ['no', 'always', 'on-failure', 'unless-stopped'] as const;

/** Parses a RestartPolicy object of the API; throws ENGINE_BAD_PARAMETER on contradictions. */
export function parseRestartPolicy(
  policy: { readonly Name?: string; readonly MaximumRetryCount?: number } | null | undefined,
): RestartPolicy {
  const word = policy?.Name || 'no';
  const maximumRetryCount = policy?.MaximumRetryCount ?? 0;
  const name = names.find((known) => known === word);
  if (name === undefined) {
    throw new TcomposeError(
      'ENGINE_BAD_PARAMETER',
      `invalid restart policy: unknown policy '${word}'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'`,
    );
  }
  if (name !== 'on-failure' && maximumRetryCount !== 0) {
    throw new TcomposeError(
      'ENGINE_BAD_PARAMETER',
      "invalid restart policy: maximum retry count can only be used with 'on-failure'",
      { hint: 'Leave the count out, or use on-failure.' },
    );
  }
  if (maximumRetryCount < 0 || !Number.isInteger(maximumRetryCount)) {
    throw new TcomposeError(
      'ENGINE_BAD_PARAMETER',
      'invalid restart policy: maximum retry count cannot be negative or a fraction',
      { hint: 'Give a whole number; 0 is without bound.' },
    );
  }
  return { name, maximumRetryCount };
}

/** What to do after an exit. `ranFor` in milliseconds (monotonic). */
export function onExit(
  policy: RestartPolicy,
  state: RestartState,
  exit: { readonly exitCode: number; readonly ranFor: number },
): RestartDecision {
  const proven = exit.ranFor >= provenAfter;
  const settled: RestartState = proven ? { ...state, lastDelay: 0 } : state;
  if (state.stoppedByUser || !wantsRestart(policy, settled, exit.exitCode))
    return { action: 'stay', state: settled };
  const delay = settled.lastDelay === 0 ? firstDelay : Math.min(longestDelay, settled.lastDelay * 2);
  return {
    action: 'restart',
    delay,
    state: { ...settled, restartCount: settled.restartCount + 1, lastDelay: delay },
  };
}

function wantsRestart(policy: RestartPolicy, state: RestartState, exitCode: number): boolean {
  switch (policy.name) {
    case 'no':
      return false;
    case 'always':
    case 'unless-stopped':
      return true;
    case 'on-failure':
      return (
        exitCode !== 0 && (policy.maximumRetryCount === 0 || state.restartCount < policy.maximumRetryCount)
      );
  }
}

/**
 * Whether a container that is not running is started when the engine starts (after a crash or boot): `always` in any
 * case, `unless-stopped` unless the user stopped it, `on-failure` when it failed or was running when the machine went
 * down. A container that was never started is not.
 */
export function startsWithEngine(
  policy: RestartPolicy,
  state: { readonly wasRunning: boolean; readonly stoppedByUser: boolean; readonly exitCode: number },
): boolean {
  switch (policy.name) {
    case 'no':
      return false;
    case 'always':
      return true;
    case 'unless-stopped':
      return !state.stoppedByUser;
    case 'on-failure':
      return !state.stoppedByUser && (state.wasRunning || state.exitCode !== 0);
  }
}
