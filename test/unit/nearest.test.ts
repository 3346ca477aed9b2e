import { expect, test } from 'vitest';
import { nearest } from '../../src/nearest.ts';

test('the nearest is close, or there is none', () => {
  expect(nearest('verion', ['version', 'up'])).toBe('version');
  expect(nearest('pu', ['up', 'ps'])).toBe('up');
  expect(nearest('X', ['_', 'Y'])).toBeUndefined();
  expect(nearest('frobnicate', ['up', 'ps'])).toBeUndefined();
});
