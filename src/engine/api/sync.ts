/**
 * POST /tcompose/containers/{id}/sync, whose body is a tar: its entries are put into the container, whether it runs or not,
 * each file as a whole; with `keepsDirectories=1` no file in place of a directory. POST /tcompose/containers/{id}/unsync takes paths away.
 */
export interface SyncResponse {
  /** Entries that were written. */
  readonly written: number;
  /** Entries that stood there already, with the same content and mode. */
  readonly unchanged: number;
  /** What could not be done; the rest was. */
  readonly problems: readonly SyncProblem[];
}

export interface SyncProblem {
  /** In the container. */
  readonly path: string;
  readonly message: string;
}

export interface UnsyncRequest {
  /**
   * In the container, bytes in latin1, in the order they are to go. A directory goes when nothing is left in it: what
   * the container has put there stays. Without `directory` only what is none goes; else it says what is expected there.
   */
  readonly paths: readonly { readonly path: string; readonly directory?: boolean }[];
}

export interface UnsyncResponse {
  readonly removed: number;
  readonly problems: readonly SyncProblem[];
}
