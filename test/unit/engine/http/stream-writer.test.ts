import { Duplex } from 'node:stream';
import { expect, it } from 'vitest';
import { streamWriter } from '../../../../src/engine/http/stream-writer.ts';

/** A connection that takes nothing until it is told to. */
function stuck() {
  const taken: string[] = [];
  let go: () => void = () => {};
  const target = new Duplex({
    highWaterMark: 1,
    read() {},
    write(chunk, _, done) {
      taken.push(String(chunk));
      go = done;
    },
  });
  return { target, taken, take: () => go() };
}

it('has any number of writers wait for one connection with one listener, until it drains or closes', async () => {
  const { target, taken, take } = stuck();
  const writer = streamWriter(target);
  const [drains, closes] = [target.listenerCount('drain'), target.listenerCount('close')];
  let over = 0;
  const writes = Array.from({ length: 30 }, (_, at) => writer.write(`${at}\n`).then(() => over++));
  expect(target.listenerCount('drain')).toBe(drains + 1);
  expect(target.listenerCount('close')).toBe(closes + 1);
  await Promise.resolve();
  expect(over).toBe(0);
  while (over < 30) {
    take();
    await new Promise(setImmediate);
  }
  await Promise.all(writes);
  expect(taken.join('')).toBe(Array.from({ length: 30 }, (_, at) => `${at}\n`).join(''));
  expect([target.listenerCount('drain'), target.listenerCount('close')]).toEqual([drains, closes]);

  const last = writer.write('never taken\n');
  target.destroy();
  await last;
  expect(writer.closed).toBe(true);
});
