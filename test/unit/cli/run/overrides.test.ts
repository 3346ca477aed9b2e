import { expect, test } from 'vitest';
import { entrypointWords } from '../../../../src/cli/run/overrides.ts';

test('words of an entrypoint', () => {
  const line = `sh -c 'a b' "c \\"d\\"" e\\ f ''`;
  expect(entrypointWords(line)).toEqual(['sh', '-c', 'a b', 'c "d"', 'e f', '']);
  expect(() => entrypointWords("sh -c 'a b")).toThrow("--entrypoint: ' is not closed");
});
