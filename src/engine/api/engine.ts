/** Requests and answers under `/tcompose/…`: what Docker's API lacks. */

/** GET /tcompose/status */
export interface EngineStatus {
  readonly version: string;
  readonly pid: number;
  readonly keeperPid: number;
  readonly instance: string;
  readonly bootId: string;
  readonly uptimeSeconds: number;
  readonly containers: { readonly total: number; readonly running: number; readonly paused: number };
  readonly images: number;
  /** Names of the runtimes there are; what is wrong with engine.json stands in GET /info. */
  readonly runtimes: readonly string[];
  readonly networks: number;
  readonly volumes: number;
  readonly openStreams: number;
  /** Files of state that are damaged, and what to do about each. */
  readonly damaged: readonly { readonly file: string; readonly why: string; readonly remedy: string }[];
  /** Seconds of doing nothing after which the engine ends itself; 0: never. */
  readonly idleAfterSeconds: number;
  readonly paths: {
    readonly lib: string;
    readonly run: string;
    readonly socket: string;
    readonly log: string;
  };
}

/**
 * POST /tcompose/handover: asks the engine to end in favour of another version. Engine and keeper both end (the keeper
 * is of the old version too); the asking client starts its own when the socket is gone. Containers go on; the next
 * engine adopts them.
 */
export interface HandoverRequest {
  /** Absolute path of the engine bundle that will follow, for the log. */
  readonly engine?: string;
  readonly version?: string;
}

/**
 * POST /tcompose/shutdown: ends engine and keeper. Refused (409) while containers run, unless `force`: then they go on; or
 * `containers`: then they are stopped first, and those with a restart policy come back with the next engine, as after a boot.
 */
export interface ShutdownRequest {
  readonly force?: boolean;
  readonly containers?: boolean;
}
