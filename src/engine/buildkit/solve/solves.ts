import type { SolveRequest } from '../messages/control.ts';
import type { BridgeResult } from '../messages/gateway.ts';
import type { Session } from '../session/sessions.ts';
import { GrpcError } from '../wire/status.ts';
import { Trace } from './trace.ts';

/** What became of one build of a client's. */
export interface Built {
  /** Undefined where no image was made. */
  readonly image: string | undefined;
  /** Images of several platforms, where there are. */
  readonly images?: readonly string[] | undefined;
  /** Of the answer's `ExporterResponse`. */
  readonly response: ReadonlyMap<string, string>;
}

/** A build by a client that is under way, or has just ended. */
export interface Solve {
  readonly ref: string;
  readonly request: SolveRequest;
  readonly session: Session | undefined;
  readonly trace: Trace;
  /** Aborted when the client gives it up. */
  readonly signal: AbortSignal;
  /** Results by the names they were given out under. */
  readonly results: Map<string, Built>;
  /** A client that directs its build itself says what came of it. */
  readonly returned: Promise<Partial<BridgeResult>>;
  readonly settle: (result: Partial<BridgeResult> | GrpcError) => void;
}

export interface Solves {
  /** @throws GrpcError when there is one by that name */
  begin(request: SolveRequest, session: Session | undefined, signal: AbortSignal): Solve;
  /** Its trace may be asked for a while longer. */
  end(solve: Solve): void;
  /** The one of that name, which may be on its way yet. @throws GrpcError */
  get(ref: string, signal: AbortSignal): Promise<Solve>;
}

/** How long a build is waited for, and reported afterwards; milliseconds. */
const patience = 15_000;
/** Builds by clients at a time. */
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
