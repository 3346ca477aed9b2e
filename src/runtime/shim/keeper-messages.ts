/** Engine → keeper. */
export type KeeperRequest =
  /** The plan is sent as bytes: the keeper passes it to the shim without reading more than runDir. */
  | { readonly type: 'spawn'; readonly seq: number; readonly runDir: string; readonly plan: Uint8Array }
  | { readonly type: 'list'; readonly seq: number }
  /** The keeper exits as soon as this engine has exited, with any status. */
  | { readonly type: 'shutdown' }
  /** The engine has started and answers clients. */
  | { readonly type: 'serves' };

/** Keeper → engine. */
export type KeeperEvent =
  | {
      readonly type: 'hello';
      readonly protocol: number;
      readonly planVersion: number;
      readonly pid: number;
      readonly restarts: number;
    }
  | { readonly type: 'spawned'; readonly seq: number; readonly pid: number }
  | { readonly type: 'spawn-failed'; readonly seq: number; readonly errno: number; readonly what: string }
  /** The shims whose parent this keeper is; those of an earlier keeper are found by their run directories. */
  | {
      readonly type: 'list';
      readonly seq: number;
      readonly shims: readonly { readonly pid: number; readonly runDir: string }[];
    }
  /**
   * A shim has ended. `status` as of waitpid(2): exit 0 after a reap, or after a minute without clients since the
   * container's end; killed; or 70 could not set itself up, 71 out of memory, 72 could not return to the host's
   * namespaces, 74 poll(2) failed.
   */
  | { readonly type: 'shim-gone'; readonly pid: number; readonly runDir: string; readonly status: number };
