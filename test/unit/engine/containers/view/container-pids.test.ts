import { expect, it } from 'vitest';
import { kinOf } from '../../../../../src/engine/containers/view/container-pids.ts';

const kin = (pid: number, parent: number, namespace?: string) => ({ pid, parent, namespace });
const all = [
  kin(1, 0, 'machine'),
  kin(10, 1, 'machine'),
  kin(20, 10, 'c'),
  kin(21, 20, 'c'),
  // Of an exec: its parent is a shim.
  kin(30, 10, 'c'),
  // In a namespace that the container made.
  kin(40, 21, 'inner'),
  kin(50, 1, undefined),
];

it('finds what is in the namespace of a container, and what descends from that', () => {
  expect(kinOf(20, 'c', all).sort()).toEqual([20, 21, 30, 40]);
});

it('goes by descent alone where the namespace is another’s', () => {
  expect(kinOf(20, undefined, all).sort()).toEqual([20, 21, 40]);
});
