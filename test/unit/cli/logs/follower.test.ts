import { expect, test } from 'vitest';
import { readContainerLog } from '../../../../src/cli/logs/container-logs.ts';
import { LogFollower } from '../../../../src/cli/logs/follower.ts';
import type { EngineClient } from '../../../../src/engine/client/engine-client.ts';
import type { TcomposeEvent } from '../../../../src/events.ts';
import { unixTime } from '../../../../src/rfc3339.ts';

const at = (second: number) => `2026-01-01T00:00:0${second}.000000000Z`;
type Line = readonly [second: number, text: string];

/** An engine with one log. Each reading gives what is in it from `since` on, and breaks off after `breaks.shift()` lines. */
function engineWith(log: readonly Line[], breaks: (number | undefined)[] = []) {
  const asked: (string | undefined)[] = [];
  const client = {
    containers: {
      async *logs(_id: string, options: { readonly since?: string }) {
        asked.push(options.since);
        const from = log.filter(
          ([second]) => options.since === undefined || unixTime(at(second))! >= options.since,
        );
        const end = breaks.shift();
        for (const [second, text] of from.slice(0, end))
          yield { stream: 'stdout' as const, bytes: Buffer.from(`${at(second)} ${text}\n`) };
        if (end !== undefined) throw new Error('the connection broke');
      },
    },
  } as unknown as EngineClient;
  return { client, asked };
}
const source = { id: 'i', name: 'c', service: 's', tty: false };
const lines = (events: readonly TcomposeEvent[]) =>
  events.map((event) => (event.type === 'log' ? event.line : event.type));

test('lines of one instant are all shown, and once each though the connection breaks between them', async () => {
  const log: Line[] = [
    [1, 'a'],
    [2, 'b'],
    [2, 'c'],
    [2, 'c'],
    [2, 'd'],
    [3, 'e'],
  ];
  for (let first = 0; first <= 4; first++)
    for (let second = 0; second <= 3; second++) {
      const { client } = engineWith(log, [first, second, undefined]);
      const events: TcomposeEvent[] = [];
      const position = await readContainerLog(client, source, { follow: true }, (event) =>
        events.push(event),
      );
      expect(lines(events)).toEqual(['a', 'b', 'c', 'c', 'd', 'e']);
      expect(position).toEqual({ time: unixTime(at(3)), lines: 1 });
    }
});

test('a container followed again after a restart goes on after what was shown', async () => {
  const log: Line[] = [
    [1, 'a'],
    [1, 'b'],
  ];
  const { client, asked } = engineWith(log);
  const events: TcomposeEvent[] = [];
  const follower = new LogFollower({
    client,
    emit: (event) => events.push(event),
    onError: (error) => {
      throw error;
    },
  });
  follower.follow(source, '0.5');
  await follower.drained('i', 60_000);
  log.push([1, 'c'], [2, 'd']);
  follower.follow(source);
  await follower.close(60_000);
  expect(lines(events)).toEqual(['a', 'b', 'c', 'd']);
  expect(asked).toEqual(['0.5', unixTime(at(1))]);
});

test('nothing more is read while the output does not take it', async () => {
  let pulled = 0;
  const client = {
    containers: {
      async *logs() {
        for (; pulled < 100; pulled++)
          yield { stream: 'stdout' as const, bytes: Buffer.from(`${at(1)} line\n`.repeat(10)) };
      },
    },
  } as unknown as EngineClient;
  let take: () => void = () => {};
  let shown = 0;
  const reading = readContainerLog(
    client,
    source,
    {
      follow: true,
      drained: () =>
        shown < 30
          ? Promise.resolve()
          : new Promise((resolve) => {
              take = resolve;
            }),
    },
    () => {
      shown++;
    },
  );
  await new Promise((resolve) => setImmediate(resolve));
  expect([pulled, shown]).toEqual([2, 30]);
  take();
  await new Promise((resolve) => setImmediate(resolve));
  expect([pulled, shown]).toEqual([3, 40]);
  shown = -100_000;
  take();
  await reading;
  expect(pulled).toBe(100);
});

test('a log that ends while its container is started again goes on being followed', async () => {
  const log: Line[] = [[1, 'a']];
  const { client } = engineWith(log);
  const events: TcomposeEvent[] = [];
  const follower = new LogFollower({
    client,
    emit: (event) => {
      events.push(event);
      // The start comes before the end of the log was read.
      if (events.length === 1) {
        follower.follow(source);
        log.push([2, 'b']);
      }
    },
    onError: (error) => {
      throw error;
    },
  });
  follower.follow(source);
  await follower.drained('i', 60_000);
  await follower.close(60_000);
  expect(lines(events)).toEqual(['a', 'b']);
});

test('a log is shown to its end however long its reader takes, and one that does not end is told', async () => {
  const log: Line[] = [
    [1, 'a'],
    [2, 'b'],
    [3, 'c'],
  ];
  const { client } = engineWith(log);
  const events: TcomposeEvent[] = [];
  const errors: unknown[] = [];
  const follower = new LogFollower({
    client,
    emit: (event) => events.push(event),
    drained: () => new Promise((resolve) => setTimeout(resolve, 20)),
    onError: (error) => errors.push(error),
  });
  follower.follow(source);
  await follower.drained('i', 1);
  expect(lines(events)).toEqual(['a', 'b', 'c']);
  expect(errors).toEqual([]);

  const silent = new LogFollower({
    client: {
      containers: {
        async *logs() {
          await new Promise(() => {});
          yield { stream: 'stdout' as const, bytes: Buffer.alloc(0) };
        },
      },
    } as unknown as EngineClient,
    emit: (event) => events.push(event),
    onError: (error) => errors.push(error),
  });
  silent.follow(source);
  await silent.drained('i', 5);
  expect(String(errors)).toContain('does not come to its end');
});
