import { expect, it } from 'vitest';
import { LogHolds } from '../../../../src/runtime/shim/log-holds.ts';

it('lets a log go as far as the slowest of its followers, and anywhere without one', () => {
  const holds = new LogHolds();
  const told: (number | undefined)[] = [];
  const changed = () => told.push(holds.request().holdFrom);
  const quick = holds.add(changed);
  const slow = holds.add(changed);
  quick.opened(3);
  slow.opened(1);
  slow.opened(0);
  slow.opened(5);
  quick.release();
  quick.release();
  slow.release();
  expect(told).toEqual([0, 0, 2, 4, 6, undefined]);
});

it('is begun anew by one that joins', () => {
  const holds = new LogHolds();
  const told: (number | undefined)[] = [];
  const changed = () => told.push(holds.request().holdFrom);
  holds.add(changed).opened(7);
  const late = holds.add(changed);
  late.opened(8);
  expect(told).toEqual([0, 8, 0, 8]);
});
