/**
 * What engine, keeper and shims say to each other. Both channels are stream sockets carrying frames:
 *
 *     u32 length (of type and payload) · u8 type · payload      all integers little-endian, strings as in byte-codec.ts
 *
 * A requester numbers its requests with `seq`; the answer bears the same number. Times are nanoseconds since 1970.
 *
 * # The keeper
 *
 *     tcompose-shim keeper --lib DIR --run DIR [--cgroup PROCS_FILE]… [--node-option OPTION]… --engine NODE ENGINE_CJS
 *
 * All paths absolute. Re-executes itself from a sealed memfd, takes an exclusive flock on `RUN/keeper.lock`, detaches (new session, cwd /,
 * default scheduling, OOM score and limits, umask 022, stdio on /dev/null and `RUN/engine.log`, put aside as engine.log.1 when larger than 4 MiB), writes `RUN/keeper.pid`, and puts itself into each PROCS_FILE
 * given (a cgroup.procs; failures are logged). The process that was started exits as soon as the keeper is up:
 *
 *     0  the keeper runs and has forked the engine      3  another keeper holds the lock: nothing was started
 *     1  it could not start; the sentence is on stderr
 *
 * The engine is `NODE [OPTION]… ENGINE_CJS --lib DIR --run DIR` with stdin /dev/null, stdout and stderr on `RUN/engine.log`
 * (append), fd 3 the socket to the keeper, and in its environment beside the keeper's own:
 *
 *     TCOMPOSE_KEEPER_FD=3   TCOMPOSE_KEEPER_PID=<pid>   TCOMPOSE_SHIM=<path the keeper binary was started by>
 *     TCOMPOSE_ENGINE_RESTARTS=<engines that ended without exit 0 before this one>
 *
 * Exit 0 ends the keeper too, as does any exit after a `shutdown` frame. Any other end starts a new engine: at once the
 * first time, then after 100 ms, doubling up to 5 s; an engine that lived 10 s starts the count over, and one that sent
 * `serves` is followed within 100 ms. Five ends within 10 s, none of them after `serves`: the keeper writes why into
 * engine.log and exits with 1. Shims are not concerned by any of this.
 *
 * # Run directory of a shim (LaunchPlan.runDir, made by the engine)
 *
 *     shim.sock  listening before the spawn is answered     pid   before the command runs    exit  before it is announced
 *
 * A client that sends what is no frame is disconnected. One that leaves more than 4 MiB unread is not read from until it has caught
 * up; if it is attached to a run whose output does not wait for it (`holds`), it is disconnected (`output-end`).
 *
 * # Modes of the binary without a keeper
 *
 *     tcompose-shim spawn < plan       binds RUN_DIR/shim.sock, forks the shim, prints its pid, exits 0 (oci CLI, tests)
 *     tcompose-shim plan-print < plan  prints what formatLaunchPlan prints; exit 1 and a sentence for a bad plan
 *     tcompose-shim version            prints `plan <version> protocol <version>`
 */

/** Version of all frames in this file; the hello frames contain it. */
export const shimProtocolVersion = 1;

/** Largest frame that either side accepts, in bytes (the longest is a plan with a large environment). */
export const maxFrameLength = 16 << 20;
