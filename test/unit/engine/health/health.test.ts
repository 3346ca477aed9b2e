import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { resolveHealthConfig } from '../../../../src/engine/health/config.ts';
import { monitorHealth } from '../../../../src/engine/health/monitor.ts';
import { runCheck } from '../../../../src/engine/health/run-check.ts';
import type { HealthExec, HealthReport } from '../../../../src/engine/health/types.ts';
import { fakeClock } from '../fake-clock.ts';

const seconds = 1e9;

describe('resolveHealthConfig', () => {
  it('has Docker’s defaults', () => {
    expect(resolveHealthConfig({ Test: ['CMD', 'true'] })).toEqual({
      command: ['true'],
      interval: 30_000,
      timeout: 30_000,
      startPeriod: 0,
      startInterval: 5_000,
      retries: 3,
    });
  });

  it('takes what is given and Docker’s defaults for the rest', () => {
    const check = { Test: ['CMD-SHELL', 'curl localhost'], Interval: 10 * seconds, Retries: 7, Timeout: 0 };
    expect(resolveHealthConfig(check)).toEqual({
      command: ['/bin/sh', '-c', 'curl localhost'],
      interval: 10_000,
      timeout: 30_000,
      startPeriod: 0,
      startInterval: 5_000,
      retries: 7,
    });
    expect(resolveHealthConfig(check, ['bash', '-ec'])?.command).toEqual(['bash', '-ec', 'curl localhost']);
  });

  it('is off without a test and with NONE', () => {
    expect(resolveHealthConfig(undefined)).toBeUndefined();
    expect(resolveHealthConfig({ Test: ['NONE'] })).toBeUndefined();
  });

  it('refuses what is no test', () => {
    expect(() => resolveHealthConfig({ Test: ['curl', 'x'] })).toThrow(/unknown type 'curl'/);
    expect(() => resolveHealthConfig({ Test: ['CMD'] })).toThrow(/unknown type/);
    expect(() => resolveHealthConfig({ Test: ['CMD', 'x'], Interval: 1000 })).toThrow(
      /Interval in Healthcheck/,
    );
  });
});

describe('runCheck', () => {
  it('leaves nothing on the signal it was given', async () => {
    const cancelled = new AbortController();
    const config = resolveHealthConfig({ Test: ['CMD', 'true'] })!;
    for (let count = 0; count < 20; count++)
      await runCheck(config, async () => ({ exitCode: 0 }), fakeClock(), cancelled.signal);
    expect(getEventListeners(cancelled.signal, 'abort')).toHaveLength(0);
  });
});

interface Rig {
  readonly clock: ReturnType<typeof fakeClock>;
  readonly reports: { report: HealthReport; changed: boolean }[];
  readonly stop: () => void;
  readonly starts: number[];
}

function rig(
  check: Partial<Parameters<typeof resolveHealthConfig>[0] & object>,
  exec: HealthExec | ((call: number) => number),
  more: { runningFor?: number; last?: HealthReport } = {},
): Rig {
  const clock = fakeClock();
  const config = resolveHealthConfig({ Test: ['CMD', 'check'], ...check })!;
  const reports: Rig['reports'] = [];
  const starts: number[] = [];
  let calls = 0;
  const run: HealthExec = (command, options) => {
    starts.push(clock.now());
    if (exec.length >= 2) return (exec as HealthExec)(command, options);
    return Promise.resolve({ exitCode: (exec as (call: number) => number)(calls++) });
  };
  const monitor = monitorHealth({
    config,
    exec: run,
    clock,
    onReport: (report, changed) => reports.push({ report, changed }),
    ...more,
  });
  return { clock, reports, starts, stop: () => monitor.stop() };
}

describe('monitorHealth', () => {
  it('is healthy after the first success, one interval after the start', async () => {
    const { clock, reports, starts } = rig({ Interval: 10 * seconds }, () => 0);
    await clock.advance(9_999);
    expect(reports).toEqual([]);
    await clock.advance(20_001);
    expect(starts).toEqual([10_000, 20_000, 30_000]);
    expect(reports.map(({ report, changed }) => [report.Status, report.FailingStreak, changed])).toEqual([
      ['healthy', 0, true],
      ['healthy', 0, false],
      ['healthy', 0, false],
    ]);
  });

  it('is unhealthy after `retries` failures in a row, and healthy again after one success', async () => {
    const results = [0, 1, 1, 0, 1, 2, 3, 4, 0];
    const { clock, reports } = rig({ Interval: seconds, Retries: 3 }, (call: number) => results[call] ?? 0);
    await clock.advance(9_000);
    expect(reports.map(({ report }) => [report.Status, report.FailingStreak])).toEqual([
      ['healthy', 0],
      ['healthy', 1],
      ['healthy', 2],
      ['healthy', 0],
      ['healthy', 1],
      ['healthy', 2],
      ['unhealthy', 3],
      ['unhealthy', 4],
      ['healthy', 0],
    ]);
    expect(reports.filter(({ changed }) => changed)).toHaveLength(3);
  });

  it('does not count failures of the start period, and checks more often in it', async () => {
    const { clock, reports, starts } = rig(
      { Interval: 10 * seconds, StartPeriod: 6 * seconds, StartInterval: 2 * seconds, Retries: 1 },
      () => 1,
    );
    await clock.advance(16_000);
    expect(starts).toEqual([2_000, 4_000, 6_000, 16_000]);
    expect(reports.map(({ report }) => [report.Status, report.FailingStreak])).toEqual([
      ['starting', 0],
      ['starting', 0],
      ['unhealthy', 1],
      ['unhealthy', 2],
    ]);
  });

  it('counts failures within the start period once it has been healthy', async () => {
    const { clock, reports } = rig(
      { Interval: seconds, StartPeriod: 100 * seconds, StartInterval: seconds, Retries: 2 },
      (call: number) => (call === 0 ? 0 : 1),
    );
    await clock.advance(3_000);
    expect(reports.map(({ report }) => report.Status)).toEqual(['healthy', 'healthy', 'unhealthy']);
  });

  it('kills a check that hangs at the timeout and says so with what it printed', async () => {
    let aborted = 0;
    const { clock, reports, starts } = rig(
      { Interval: 5 * seconds, Timeout: 2 * seconds, Retries: 1 },
      (_command, { signal, onOutput }) => {
        onOutput(Buffer.from('waiting'));
        return new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => {
            aborted++;
            reject(new Error('killed'));
          }),
        );
      },
    );
    await clock.advance(7_000);
    expect(aborted).toBe(1);
    expect(reports.map(({ report }) => [report.Status, report.Log.at(-1)])).toEqual([
      [
        'unhealthy',
        { Start: 't5000', End: 't7000', ExitCode: -1, Output: 'Health check exceeded timeout (2s): waiting' },
      ],
    ]);
    await clock.advance(5_000);
    expect(starts).toEqual([5_000, 12_000]);
  });

  it('takes a check that cannot be run as a failure', async () => {
    const { clock, reports } = rig({ Interval: seconds, Retries: 1 }, (_command, _options) =>
      Promise.reject(new Error('no such file')),
    );
    await clock.advance(1_000);
    expect(reports[0]?.report).toMatchObject({
      Status: 'unhealthy',
      Log: [{ ExitCode: -1, Output: 'no such file' }],
    });
  });

  it('keeps five entries and 4096 bytes of output, whole characters only', async () => {
    const { clock, reports } = rig({ Interval: seconds }, (_command, { onOutput }) => {
      onOutput(Buffer.from('x'.repeat(4095)));
      onOutput(Buffer.from('é and more'));
      return Promise.resolve({ exitCode: 0 });
    });
    await clock.advance(8_000);
    const log = reports.at(-1)?.report.Log ?? [];
    expect(log.map(({ Start }) => Start)).toEqual(['t4000', 't5000', 't6000', 't7000', 't8000']);
    expect(log[0]?.Output).toBe(`${'x'.repeat(4095)}...`);
  });

  it('never runs two checks at once and reports nothing after stop', async () => {
    let running = 0;
    let most = 0;
    let killed = 0;
    const { clock, reports, stop } = rig(
      { Interval: seconds, Timeout: 60 * seconds },
      (_command, { signal }) => {
        most = Math.max(most, ++running);
        return new Promise((resolve) => {
          const cancel = clock.after(3_500, () => {
            running--;
            resolve({ exitCode: 0 });
          });
          signal.addEventListener('abort', () => {
            killed++;
            cancel();
            resolve({ exitCode: 137 });
          });
        });
      },
    );
    await clock.advance(10_000);
    expect(most).toBe(1);
    expect(reports).toHaveLength(2);
    stop();
    stop();
    await clock.advance(100_000);
    expect(killed).toBe(1);
    expect(reports).toHaveLength(2);
  });

  it('goes on from the last report of an adopted container', async () => {
    const last: HealthReport = { Status: 'unhealthy', FailingStreak: 4, Log: [] };
    const { clock, reports } = rig({ Interval: seconds, StartPeriod: 50 * seconds }, () => 1, {
      runningFor: 20_000,
      last,
    });
    await clock.advance(1_000);
    expect(reports.map(({ report, changed }) => [report.Status, report.FailingStreak, changed])).toEqual([
      ['unhealthy', 5, false],
    ]);
  });
});
