import { expect, it, test } from 'vitest';
import { matchesReference } from '../../../../src/engine/images/image-views.ts';

test.each([
  ['one', 'one:1', true],
  ['one', 'one:latest', true],
  ['o?e', 'one:1', true],
  ['*:1', 'one:1', true],
  ['[ot]*', 'two:1', true],
  ['[a-c]*', 'two:1', false],
  ['[^a-c]*:[0-9]', 'two:1', true],
  ['t\\wo', 'two:1', true],
  ['*', 'team/two:1', false],
  ['*/*', 'team/two:1', true],
  ['t.o', 'two:1', false],
  ['team/two', `team/two@sha256:${'a'.repeat(64)}`, true],
])('the pattern %s on %s: %s', (pattern, name, fits) => expect(matchesReference(pattern, name)).toBe(fits));

it('is refused when it is no pattern', () => {
  expect(() => matchesReference('[', 'one:1')).toThrow('syntax error in pattern: [');
});
