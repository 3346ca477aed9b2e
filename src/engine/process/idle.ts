import type { Engine } from '../context.ts';
import type { EngineLog } from '../log-sink.ts';

/** Idle seconds after which an engine ends itself; TCOMPOSE_IDLE_SECONDS overrides this, 0 means never. */
const defaultIdleSeconds = 60;

/** The same when no container exists, as after the last `down`. Never longer than the other. */
const emptyIdleSeconds = 8;

/** This engine's idle time, in seconds; a value that is not a number is reported and ignored. */
export function idleSeconds(env: Readonly<Record<string, string | undefined>>, log: EngineLog): number {
  const text = env.TCOMPOSE_IDLE_SECONDS;
  if (text === undefined || text === '') return defaultIdleSeconds;
  const seconds = Number(text);
  if (Number.isFinite(seconds) && seconds >= 0) return seconds;
  log.warn(`TCOMPOSE_IDLE_SECONDS is "${text}", not a number of seconds; ${defaultIdleSeconds} is used`);
  return defaultIdleSeconds;
}

/** Requests and streams of clients. */
export interface RequestCount {
  readonly open: number;
  /** Number of requests and streams so far. */
  readonly total: number;
  begin(): () => void;
}

/** Counts open requests and streams. */
export function countRequests(): RequestCount {
  let open = 0;
  let total = 0;
  return {
    get open() {
      return open;
    },
    get total() {
      return total;
    },
    begin() {
      open++;
      total++;
      let over = false;
      return () => {
        if (!over) open--;
        over = true;
      };
    },
  };
}

/**
 * Calls `end` once, with the idle time, when for `seconds` (`emptyIdleSeconds` if no container exists) there was no
 * open request or stream, no container running or in back-off, and no operation in progress. Checks a few times within
 * this time; a check scans the containers.
 */
export function endWhenIdle(
  engine: Engine,
  requests: RequestCount,
  seconds: number,
  end: (afterSeconds: number) => void,
): () => void {
  if (seconds === 0) return () => {};
  let idleSince = engine.clock.monotonic();
  let seen = requests.total;
  const shorter = Math.min(seconds, emptyIdleSeconds);
  const busy = (): boolean =>
    requests.open > 0 ||
    requests.total !== seen ||
    engine.execs.running > 0 ||
    engine.containers
      .all()
      .some(({ up, state, serial }) => up || state.status === 'restarting' || serial.busy);
  const timer = setInterval(
    () => {
      const now = engine.clock.monotonic();
      // A request between two checks counts as well, however short it was.
      const wanted = engine.containers.all().length === 0 ? shorter : seconds;
      if (busy()) idleSince = now;
      else if (now - idleSince >= wanted * 1000) {
        clearInterval(timer);
        end(wanted);
      }
      seen = requests.total;
    },
    Math.max(100, (shorter * 1000) / 8),
  );
  return () => clearInterval(timer);
}
