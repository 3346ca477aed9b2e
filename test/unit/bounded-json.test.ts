import { expect, it } from 'vitest';
import { parseBoundedJson } from '../../src/bounded-json.ts';

it('parses what has a bearable number of values, and refuses the rest before it takes room', () => {
  const list = (count: number) => Buffer.from(`[${'[],'.repeat(count)}0]`);
  expect(parseBoundedJson(list(2))).toEqual([[], [], 0]);
  expect(parseBoundedJson(list(200_000))).toHaveLength(200_001);
  expect(() => parseBoundedJson(list(250_000))).toThrow('it has more than 500000 values');
  expect(() => parseBoundedJson(Buffer.from('{'))).toThrow(SyntaxError);
});
