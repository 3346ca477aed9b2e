/**
 * POST /tcompose/containers/{id}/sync, whose body is a tar: its entries are put into the container, running or not,
 * each file in one step; with `keepsDirectories=1` a file never replaces a directory. POST
 * /tcompose/containers/{id}/unsync removes paths.
 */
export interface SyncResponse {
  /** Entries that were written. */
  readonly written: number;
  /** Entries that were there already, with the same content and mode. */
  readonly unchanged: number;
  /** What could not be done; everything else was. */
  readonly problems: readonly SyncProblem[];
}

export interface SyncProblem {
  /** Path in the container. */
  readonly path: string;
  readonly message: string;
}

export interface UnsyncRequest {
  /**
   * Paths in the container, as bytes in latin1, in the order in which to remove them. A directory is removed when it is
   * empty: what the container has put there stays. Without `directory` only a non-directory is removed; otherwise
   * `directory` says what is expected there.
   */
  readonly paths: readonly { readonly path: string; readonly directory?: boolean }[];
}

export interface UnsyncResponse {
  readonly removed: number;
  readonly problems: readonly SyncProblem[];
}
