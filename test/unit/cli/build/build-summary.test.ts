import { expect, it } from 'vitest';
import { BuildSummary } from '../../../../src/cli/build/build-summary.ts';

const end = (name: string, outcome: 'done' | 'cached', took = 0) =>
  ({ type: 'end', step: 0, name, outcome, took }) as const;

it('says what came from the cache and where the time went', () => {
  const summary = new BuildSummary();
  expect(summary.line()).toBeUndefined();
  summary.add(end('[a 1/3] FROM docker.io/library/busybox:latest', 'done'));
  expect(summary.line()).toBeUndefined();
  summary.add(end('[a 2/3] COPY . .', 'cached'));
  expect(summary.line()).toBe('the step came from the cache');
  summary.add(end('[a 3/3] WORKDIR /x', 'cached'));
  expect(summary.line()).toBe('all 2 steps came from the cache');
  summary.add(end('RUN fast', 'done', 100));
  expect(summary.line()).toBe('2 of 3 steps came from the cache');
  summary.add(end('RUN slow', 'done', 2340));
  expect(summary.line()).toBe('2 of 4 steps came from the cache; longest: 2.3s RUN slow');
});
