import { expect, test } from 'vitest';
import { globMatch } from '../../src/glob.ts';

test.each([
  ['web*', 'web-1', true],
  ['w?b', 'web', true],
  ['w[a-e]b', 'web', true],
  ['w[^a-e]b', 'web', false],
  ['web', 'web2', false],
  ['a.b', 'axb', false],
  ['a\\*', 'a*', true],
])('glob %s on %s', (pattern, name, expected) => expect(globMatch(pattern, name)).toBe(expected));
