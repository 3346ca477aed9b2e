import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { sharedLoop } from '../../../../src/engine/http/shared-loop.ts';

it('lets requests begin that come together for a share of a turn, and the others one a turn, in their order', async () => {
  let now = 0;
  const mayBegin = sharedLoop(() => now);
  const begun: number[] = [];
  const request = (number: number): void => {
    const begin = (): void => {
      begun.push(number);
      now += 3;
    };
    const turn = mayBegin();
    if (turn === undefined) begin();
    else void turn.then(begin);
  };
  for (let number = 0; number < 5; number++) request(number);
  expect(begun).toEqual([0, 1]);
  const eachTurn: number[] = [];
  for (let turns = 0; begun.length < 5; turns++) {
    await nextTurn();
    eachTurn.push(begun.length);
    expect(turns).toBeLessThan(9);
  }
  expect(begun).toEqual([0, 1, 2, 3, 4]);
  expect(Math.max(...eachTurn.map((count, at) => count - (eachTurn[at - 1] ?? 2)))).toBe(1);
  await nextTurn();
  await nextTurn();
  request(5);
  expect(begun.at(-1)).toBe(5);
});
