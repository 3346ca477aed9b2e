import type { Engine } from '../context.ts';
import type { EngineLog } from '../log-sink.ts';

/** Seconds of nothing to do after which an engine ends itself; TCOMPOSE_IDLE_SECONDS overrides, 0 is never. */
const defaultIdleSeconds = 60;

/** The same when there is no container at all, as after the last `down`. Never longer than the other. */
const emptyIdleSeconds = 8;

/** The span of this engine, in seconds; one that is not a number is reported and not used. */
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
  /** How many there have been. */
  readonly total: number;
  begin(): () => void;
}

/** Counts requests and streams that are open. */
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
 * Calls `end` once, with the span, when for `seconds` (`emptyIdleSeconds` when no container exists) there was no open
 * request or stream, no container up or in back-off, and no operation under way. Looks a few times within the span; a
 * look costs a scan of the containers.
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
      // A request between two looks counts as well, however short it was.
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
