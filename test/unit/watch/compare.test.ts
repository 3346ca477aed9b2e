import { expect, it } from 'vitest';
import { compareStanding } from '../../../src/watch/compare.ts';

it('a container is compared by path, in order, leaving out what the rule is not about', () => {
  const here = new Map([
    ['/app', 'directory'],
    ['/app/same', 'file 1 a'],
    ['/app/old', 'file 1 a'],
    ['/app/new', 'file 1 a'],
  ]);
  const there = new Map([
    ['/app', 'directory'],
    ['/app/same', 'file 1 a'],
    ['/app/old', 'file 1 b'],
    ['/app/extra', 'file 1 a'],
    ['/app/ignored', 'file 1 a'],
  ]);
  expect(compareStanding(here, there, (target) => target !== '/app/ignored')).toEqual([
    { target: '/app/extra', difference: 'extra' },
    { target: '/app/new', difference: 'missing' },
    { target: '/app/old', difference: 'different' },
  ]);
});
