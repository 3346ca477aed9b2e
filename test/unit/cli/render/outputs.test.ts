import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { drained } from '../../../../src/cli/render/outputs.ts';

test('an output is waited for while it is full, and no longer than it lives', async () => {
  const waiting: (() => void)[] = [];
  const slow = new Writable({
    highWaterMark: 4,
    write: (_chunk, _encoding, done) => void waiting.push(done),
  });
  await drained(slow);
  slow.write('more than it takes');
  let over = false;
  const emptied = drained(slow).then(() => {
    over = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(over).toBe(false);
  waiting.shift()!();
  await emptied;
  slow.write('again more than it takes');
  const gone = drained(slow);
  slow.destroy();
  await gone;
});
