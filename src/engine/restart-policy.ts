/** HostConfig.RestartPolicy. */
export interface RestartPolicy {
  readonly name: 'no' | 'always' | 'on-failure' | 'unless-stopped';
  /** on-failure only; 0 = no bound. */
  readonly maximumRetryCount: number;
}

/** What is remembered between two exits of one container; kept in memory, restartCount also in state.json. */
export interface RestartState {
  /** Restarts by policy since the user last started it. */
  readonly restartCount: number;
  /** Milliseconds waited before the last restart; 0 before the first. */
  readonly lastDelay: number;
  /** The user stopped or killed it (docker stop/kill): no restart until the user starts it again. */
  readonly stoppedByUser: boolean;
}

export declare const initialRestartState: RestartState;

export type RestartDecision =
  | { readonly action: 'restart'; readonly delay: number; readonly state: RestartState }
  | { readonly action: 'stay'; readonly state: RestartState };

/** Parses a RestartPolicy object of the API; throws ENGINE_RESTART_POLICY on contradictions. */
export declare function parseRestartPolicy(
  policy: { readonly Name?: string; readonly MaximumRetryCount?: number } | null | undefined,
): RestartPolicy;

/** `ranFor` in milliseconds (monotonic). */
export declare function onExit(
  policy: RestartPolicy,
  state: RestartState,
  exit: { readonly exitCode: number; readonly ranFor: number },
): RestartDecision;

/** Whether a container that is not running is started when the engine starts (after a crash or boot). */
export declare function startsWithEngine(
  policy: RestartPolicy,
  state: { readonly wasRunning: boolean; readonly stoppedByUser: boolean; readonly exitCode: number },
): boolean;
