import type { Engine } from '../context.ts';
import { followEvents } from '../events/follow.ts';
import { eventFilterKeys, matchesEvent } from '../events/match.ts';
import { parseFilters, timeValue } from '../filters.ts';
import type { Exchange } from '../http/exchange.ts';
import { badParameter } from '../http/failure.ts';
import type { Route } from '../http/router.ts';

const tooSlow = 'this stream was not read for so long that events were lost; ask again with since';

/**
 * GET /events: past events from `since`, then new ones, until `until` or until the client disconnects. One JSON object
 * a line.
 */
export function eventRoutes(engine: Engine): Route[] {
  return [
    {
      method: 'GET',
      path: '/events',
      query: { filters: 'filters', since: 'time', until: 'time' },
      handler: (exchange) => events(engine, exchange),
    },
  ];
}

async function events(engine: Engine, exchange: Exchange): Promise<void> {
  const filters = parseFilters(exchange.query.get('filters'), eventFilterKeys);
  const now = engine.clock.now().ms;
  const since = timeValue(exchange.query.get('since'), now);
  const until = timeValue(exchange.query.get('until'), now);
  if (since !== undefined && until !== undefined && since > until) {
    throw badParameter('`since` is a time after `until`');
  }
  const writer = exchange.stream(200, 'application/json');
  const from = since === undefined ? engine.events.last : engine.events.before(since);
  await new Promise<void>((resolve) => {
    const over = (): boolean => exchange.signal.aborted || writer.closed;
    const follower = followEvents({
      journal: engine.events,
      from,
      wanted: (event) =>
        matchesEvent(filters, event) && (until === undefined || event.timeNano / 1e6 <= until),
      write: (text) => writer.write(text),
      over,
      lost() {
        engine.log.warn(
          'a client that follows events read so slowly that some are no longer kept; its stream was ended',
        );
        void writer.write(`${JSON.stringify({ error: tooSlow })}\n`);
        end();
      },
    });
    let timer: NodeJS.Timeout | undefined;
    const release = engine.events.subscribe(follower);
    const end = (): void => {
      clearTimeout(timer);
      release();
      resolve();
    };
    exchange.signal.addEventListener('abort', end);
    if (over()) return end();
    void follower().then(() => {
      if (until === undefined) return;
      if (until <= now) end();
      else timer = setTimeout(end, Math.min(until - now, 0x7fffffff));
    });
  });
  writer.end();
}
