import { expect, it } from 'vitest';
import { errnoName } from '../../src/errno.ts';

it('names errno numbers', () => {
  expect(errnoName(98)).toBe('EADDRINUSE');
  expect(errnoName(8)).toBe('ENOEXEC');
  expect(errnoName(108)).toBe('ESHUTDOWN');
});

it('gives a number with two names the one that errors are told by', () => {
  expect(errnoName(11)).toBe('EAGAIN');
  expect(errnoName(95)).toBe('EOPNOTSUPP');
});

it('gives a number without a name as it is', () => {
  expect(errnoName(9999)).toBe('errno 9999');
  expect(errnoName(0)).toBe('errno 0');
});
