/** Requests and answers under `/tcompose/…`, which extend Docker's API. */

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
  /** Names of the available runtimes; GET /info says what is wrong with engine.json. */
  readonly runtimes: readonly string[];
  readonly networks: number;
  readonly volumes: number;
  readonly openStreams: number;
  /** Damaged state files, and what to do about each. */
  readonly damaged: readonly { readonly file: string; readonly why: string; readonly remedy: string }[];
  /** Idle seconds after which the engine ends; 0: never. */
  readonly idleAfterSeconds: number;
  readonly paths: {
    readonly lib: string;
    readonly run: string;
    readonly socket: string;
    readonly log: string;
  };
}

/**
 * POST /tcompose/handover: asks the engine to make way for another version. Engine and keeper both end, since the
 * keeper is of the old version too; the client that asked starts its own engine when the socket is gone. Containers
 * keep running; the next engine adopts them.
 */
export interface HandoverRequest {
  /** Absolute path of the engine bundle that will take over, for the log. */
  readonly engine?: string;
  readonly version?: string;
}

/**
 * POST /tcompose/shutdown: ends engine and keeper. Refused (409) while containers run, unless `force` is set: then they
 * keep running; or `containers`: then they are stopped first, and those with a restart policy start again with the next
 * engine, as after a boot.
 */
export interface ShutdownRequest {
  readonly force?: boolean;
  readonly containers?: boolean;
}
