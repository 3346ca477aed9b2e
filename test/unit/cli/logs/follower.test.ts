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
  const follower = new LogFollower(
    client,
    (event) => events.push(event),
    (error) => {
      throw error;
    },
  );
  follower.follow(source, '0.5');
  await follower.drained('i', 60_000);
  log.push([1, 'c'], [2, 'd']);
  follower.follow(source);
  await follower.close(60_000);
  expect(lines(events)).toEqual(['a', 'b', 'c', 'd']);
  expect(asked).toEqual(['0.5', unixTime(at(1))]);
});
