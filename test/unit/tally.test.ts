import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Tally } from '../../scripts/tally.mjs';

/** A report of vitest about files, each with the state of its tests. */
function reportOf(files: Record<string, readonly ('passed' | 'failed' | 'pending')[]>): string {
  const states = Object.values(files).flat();
  const count = (state: string) => states.filter((one) => one === state).length;
  return JSON.stringify({
    success: count('failed') === 0,
    numPassedTests: count('passed'),
    numFailedTests: count('failed'),
    numPendingTests: count('pending'),
    numTodoTests: 0,
    testResults: Object.entries(files).map(([file, tests]) => ({
      name: resolve(file),
      status: tests.includes('failed') ? 'failed' : 'passed',
      assertionResults: tests.map((status, at) => ({
        status,
        fullName: `test ${at}`,
        failureMessages: status === 'failed' ? ['why'] : [],
      })),
    })),
  });
}

describe('the tally of a test run', () => {
  let dir: string;
  let tally: Tally;
  let ran: string[];
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'tally-'));
    tally = new Tally();
    ran = [];
    for (const way of ['log', 'error'] as const) vi.spyOn(console, way).mockImplementation(() => undefined);
  });
  afterEach(() => {
    vi.restoreAllMocks();
    rmSync(dir, { recursive: true });
  });
  const first = (files: Parameters<typeof reportOf>[0], second?: Parameters<typeof reportOf>[0]) => {
    const path = join(dir, 'first.json');
    writeFileSync(path, reportOf(files));
    tally.count(path, async (to, file) => {
      ran.push(file);
      if (second !== undefined) writeFileSync(to, reportOf(second));
    });
  };
  const sums = () => [tally.passed, tally.failed, tally.skipped];

  it('has what failed once and then passed among what passed, named as unsteady', async () => {
    first(
      { 'a.test.ts': ['passed', 'failed', 'pending'], 'b.test.ts': ['passed'] },
      { 'a.test.ts': ['passed', 'passed', 'pending'] },
    );
    expect(sums()).toEqual([2, 1, 1]);
    await tally.runSuspectsAgain(dir);
    expect(ran).toEqual(['a.test.ts']);
    expect(sums()).toEqual([3, 0, 1]);
    expect(tally.failures).toEqual([]);
    expect(tally.unsteady).toEqual([`${resolve('a.test.ts')}: test 1\nwhy`]);
  });

  it.each([
    ['fails again', { 'a.test.ts': ['passed', 'failed'] as const }],
    ['fails with another of its tests', { 'a.test.ts': ['failed', 'passed'] as const }],
    ['is skipped', { 'a.test.ts': ['pending', 'pending'] as const }],
    ['is skipped where others pass', { 'a.test.ts': ['passed', 'pending'] as const }],
    ['brings no report', undefined],
  ])('keeps as failed what %s', async (_, second) => {
    first({ 'a.test.ts': ['passed', 'failed'] }, second);
    await tally.runSuspectsAgain(dir);
    expect(sums()).toEqual([1, 1, 0]);
    expect(tally.failures).toHaveLength(1);
    expect(tally.unsteady).toEqual([]);
  });

  it('runs a file again whose preparations failed', async () => {
    const whole = JSON.parse(reportOf({ 'a.test.ts': ['pending', 'pending'] }));
    Object.assign(whole.testResults[0], { status: 'failed', message: 'no disk' });
    writeFileSync(join(dir, 'first.json'), JSON.stringify(whole));
    tally.count(join(dir, 'first.json'), async (to) =>
      writeFileSync(to, reportOf({ 'a.test.ts': ['passed'] })),
    );
    expect(sums()).toEqual([0, 1, 2]);
    expect(tally.failures).toEqual([`${resolve('a.test.ts')}: no disk`]);
    await tally.runSuspectsAgain(dir);
    expect(sums()).toEqual([1, 0, 2]);
    expect(tally.unsteady).toHaveLength(1);
  });

  it('runs nothing again where many files failed, and counts steps and missing reports', async () => {
    first(Object.fromEntries(['a', 'b', 'c', 'd'].map((file) => [file, ['failed'] as const])));
    await tally.runSuspectsAgain(dir);
    expect(ran).toEqual([]);
    tally.record('lint', false);
    tally.record('types', true);
    tally.count(join(dir, 'none.json'), async () => undefined);
    expect(sums()).toEqual([1, 6, 0]);
    expect(tally.failures).toHaveLength(5);
  });
});
