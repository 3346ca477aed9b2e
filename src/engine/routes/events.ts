import type { EventMessage } from '../api/events.ts';
import type { Engine } from '../context.ts';
import { eventFilterKeys, matchesEvent } from '../events/match.ts';
import { parseFilters, timeValue } from '../filters.ts';
import type { Exchange } from '../http/exchange.ts';
import { badParameter } from '../http/failure.ts';
import type { Route } from '../http/router.ts';

/** GET /events: the past from `since`, then what comes, until `until` or the client's end. One JSON object a line. */
export function eventRoutes(engine: Engine): Route[] {
  return [{ method: 'GET', path: '/events', handler: (exchange) => events(engine, exchange) }];
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
  const send = (event: EventMessage): void => {
    if (matchesEvent(filters, event)) void writer.write(`${JSON.stringify(event)}\n`);
  };
  // Subscribed before the past is read: both happen in this turn of the loop, so nothing is lost or told twice.
  await new Promise<void>((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    const release = engine.events.subscribe(send);
    const end = (): void => {
      clearTimeout(timer);
      release();
      resolve();
    };
    if (since !== undefined) for (const event of engine.events.between(since, until ?? Infinity)) send(event);
    exchange.signal.addEventListener('abort', end);
    if (exchange.signal.aborted) return end();
    if (until === undefined) return;
    if (until <= now) return end();
    timer = setTimeout(end, Math.min(until - now, 0x7fffffff));
  });
  writer.end();
}
