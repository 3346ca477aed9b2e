import { expect, it } from 'vitest';
import { Filling } from '../../../../src/cli/watch/session/filling.ts';
import type { EngineClient } from '../../../../src/engine/client/engine-client.ts';
import type { TcomposeEvent } from '../../../../src/events.ts';

/** What is asked for, and answers of its own: the first attempts fail. */
function fillingAfter(failures: number) {
  const events: TcomposeEvent[] = [];
  const filled: string[] = [];
  let left = failures;
  const filling = new Filling({
    client: {} as EngineClient,
    containers: { all: () => Promise.resolve([]) } as never,
    emit: (event) => void events.push(event),
    signal: new AbortController().signal,
    watches: (service) => service === 'web',
    whole: () => (left-- > 0 ? Promise.reject(new Error('the engine is busy')) : Promise.resolve([])),
    missing: () => [],
    filled: (_, id) => Promise.resolve(void filled.push(id)),
  });
  return { filling, events, filled };
}
const one = { id: 'c1', service: 'web' };

it('fills a container that could not be filled once it has started', async () => {
  const { filling, events, filled } = fillingAfter(1);
  await filling.fill(one);
  expect(events).toMatchObject([{ phase: 'failed', message: expect.stringContaining('the engine is busy') }]);
  expect(filling.has('c1')).toBe(false);
  filling.started(one);
  expect(filling.has('c1')).toBe(true);
  await filling.fill(one);
  expect(filled).toEqual(['c1']);
});

it('leaves alone a container that starts with what it was given, or that was there before, or is gone', async () => {
  const { filling, filled } = fillingAfter(0);
  filling.started(one);
  expect(filling.has('c1')).toBe(false);
  await filling.fill(one);
  filling.started(one);
  await filling.fill(one);
  expect(filled).toEqual(['c1']);
  const late = fillingAfter(1);
  await late.filling.fill(one);
  late.filling.forget('c1');
  late.filling.started(one);
  expect(late.filling.has('c1')).toBe(false);
});
