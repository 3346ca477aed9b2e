import type { SolveRequest } from '../messages/control.ts';
import type { BridgeResult } from '../messages/gateway.ts';
import type { Session } from '../session/sessions.ts';
import { GrpcError } from '../wire/status.ts';
import { Trace } from './trace.ts';

/** The result of one build of a client. */
export interface Built {
  /** Undefined if no image was made. */
  readonly image: string | undefined;
  /** Images for several platforms, if requested. */
  readonly images?: readonly string[] | undefined;
  /** `ExporterResponse` of the answer. */
  readonly response: ReadonlyMap<string, string>;
}

/** A client's build that is running, or has just ended. */
export interface Solve {
  readonly ref: string;
  readonly request: SolveRequest;
  readonly session: Session | undefined;
  readonly trace: Trace;
  /** Aborted when the client cancels it. */
  readonly signal: AbortSignal;
  /** Results by the names that were returned for them. */
  readonly results: Map<string, Built>;
  /** The final result, from a client that directs its build itself. */
  readonly returned: Promise<Partial<BridgeResult>>;
  readonly settle: (result: Partial<BridgeResult> | GrpcError) => void;
}

export interface Solves {
  /** @throws GrpcError when there is one with that name */
  begin(request: SolveRequest, session: Session | undefined, signal: AbortSignal): Solve;
  /** Its trace stays available for a while. */
  end(solve: Solve): void;
  /** The solve with that name, which may not have begun yet. @throws GrpcError */
  get(ref: string, signal: AbortSignal): Promise<Solve>;
}

/** How long to wait for a build, and how long to report it afterwards; milliseconds. */
const patience = 15_000;
/** Most builds by clients at a time. */
const mostSolves = 256;

export function createSolves(): Solves {
  const known = new Map<string, Solve>();
  const waiting = new Set<() => void>();
  return {
    begin(request, session, signal) {
      const { ref } = request;
      if (ref === '' || known.has(ref)) throw new GrpcError('already-exists', `job ID ${ref} exists`);
      if (known.size >= mostSolves)
        throw new GrpcError('resource-exhausted', `${mostSolves} builds are running already`);
      let settle!: Solve['settle'];
      const returned = new Promise<Partial<BridgeResult>>((resolve, reject) => {
        settle = (result) => (result instanceof GrpcError ? reject(result) : resolve(result));
      });
      returned.catch(() => undefined);
      const gone = (): void => settle(new GrpcError('cancelled', 'context canceled'));
      if (signal.aborted) gone();
      signal.addEventListener('abort', gone);
      const solve: Solve = {
        ref,
        request,
        session,
        signal,
        returned,
        settle,
        trace: new Trace(),
        results: new Map(),
      };
      known.set(ref, solve);
      for (const wake of [...waiting]) wake();
      return solve;
    },
    end(solve) {
      solve.trace.end();
      setTimeout(() => known.delete(solve.ref), patience).unref();
    },
    async get(ref, signal) {
      const until = performance.now() + patience;
      while (!known.has(ref) && !signal.aborted && performance.now() < until) await arrival(until, signal);
      const solve = known.get(ref);
      if (solve === undefined) throw new GrpcError('not-found', `no such job ${ref}`);
      return solve;
    },
  };

  function arrival(until: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, Math.max(0, until - performance.now()));
      signal.addEventListener('abort', done);
      waiting.add(done);
    });
  }
}
