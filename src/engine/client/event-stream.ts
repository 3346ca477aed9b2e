import { setTimeout as sleep } from 'node:timers/promises';
import type { EventMessage } from '../api/events.ts';
import { statusOf } from './api-failure.ts';
import { encodeFilters, type Filters } from './containers.ts';
import { jsonLines } from './json-lines.ts';
import type { Transport } from './transport.ts';

export interface EventOptions {
  readonly filters?: Filters;
  /** Unix seconds with an optional fraction, or RFC 3339. */
  readonly since?: string;
  readonly until?: string;
  readonly signal?: AbortSignal;
  /** Called each time the engine has accepted the subscription: no later event is missed. */
  readonly onOpen?: () => void;
}

const nanoSeconds = (event: EventMessage) => {
  const nanos = BigInt(Math.round(event.timeNano % 1e9));
  // `timeNano` exceeds 2^53, so the seconds are taken from `time`, and only the fraction from the float.
  return `${event.time}.${String(nanos).padStart(9, '0')}`;
};

/**
 * The engine's events. When the connection breaks (an engine restart), it is renewed from the last event's time, and
 * events that were given already are dropped. Ends when `until` is reached or the signal aborts.
 */
export async function* eventStream(
  transport: Transport,
  options: EventOptions = {},
): AsyncGenerator<EventMessage> {
  let since = options.since;
  let lastKeys = new Set<string>();
  let lastTime = 0;
  for (let opened = false; ; ) {
    let cut = false;
    try {
      const answer = await transport.send({
        path: '/events',
        query: { filters: encodeFilters(options.filters), since, until: options.until },
        resumes: opened,
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      });
      opened = true;
      options.onOpen?.();
      for await (const event of jsonLines<EventMessage & { readonly error?: string }>(answer)) {
        // The engine ends this stream (it was read too slowly, or there are too many): ask again.
        if (event.error !== undefined) {
          cut = true;
          break;
        }
        const key = `${event.timeNano} ${event.Type} ${event.Action} ${event.Actor?.ID}`;
        if (event.timeNano < lastTime || lastKeys.has(key)) continue;
        if (event.timeNano > lastTime) [lastTime, lastKeys] = [event.timeNano, new Set()];
        lastKeys.add(key);
        since = nanoSeconds(event);
        yield event;
      }
      if (options.until !== undefined && !cut) return;
    } catch (error) {
      if (options.signal?.aborted === true) return;
      const code = (error as NodeJS.ErrnoException).code;
      if (statusOf(error) !== undefined || (code !== 'ECONNRESET' && code !== 'EPIPE')) throw error;
    }
    if (options.signal?.aborted === true) return;
    if (cut) await sleep(1000);
  }
}
