import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { runSteps } from '../../../../src/project/execute/scheduler.ts';
import type { Step, StepRef } from '../../../../src/project/plan.ts';

const step = (id: string, after: readonly string[]): Step => ({
  id: id as StepRef,
  after: after as readonly StepRef[],
  resource: { kind: 'container', name: id },
  operation: { kind: 'pause-container', container: id, id },
  cause: '',
});

/** Steps that only wait for earlier ones. */
const plans = fc
  .array(fc.array(fc.nat(20), { maxLength: 4 }), { maxLength: 15 })
  .map((needs) =>
    needs.map((list, at) => step(`s${at}`, at === 0 ? [] : [...new Set(list.map((one) => `s${one % at}`))])),
  );

const tick = () => new Promise<void>((resolve) => setImmediate(resolve));
const forever = new AbortController().signal;

describe('the scheduler', () => {
  test('runs every step once, after what it waits for, never more at once than allowed', async () => {
    await fc.assert(
      fc.asyncProperty(plans, fc.constantFrom(-1, 1, 3), async (steps, parallel) => {
        const ended = new Set<string>();
        let running = 0;
        let most = 0;
        const result = await runSteps(
          steps,
          async (one) => {
            for (const id of one.after) expect(ended.has(id)).toBe(true);
            running += 1;
            most = Math.max(most, running);
            await tick();
            running -= 1;
            expect(ended.has(one.id)).toBe(false);
            ended.add(one.id);
          },
          { parallel, signal: forever },
        );
        expect(ended.size).toBe(steps.length);
        expect(result).toMatchObject({ failures: [], skipped: [] });
        if (parallel > 0) expect(most).toBeLessThanOrEqual(parallel);
      }),
      { numRuns: 60 },
    );
  });

  test('independent steps run at the same time', async () => {
    const begun: string[] = [];
    let release: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const all = runSteps(
      [step('a', []), step('b', []), step('c', [])],
      async (one) => {
        begun.push(one.id);
        if (begun.length === 3) release();
        await gate;
      },
      { parallel: -1, signal: forever },
    );
    await all;
    expect(begun).toEqual(['a', 'b', 'c']);
  });

  test('a failure lets running steps end, ends waits, and begins nothing new', async () => {
    const log: string[] = [];
    const result = await runSteps(
      [
        step('bad', []),
        step('wait', []),
        step('slow', []),
        step('after bad', ['bad']),
        step('after slow', ['slow']),
      ],
      async (one, signal) => {
        if (one.id === 'bad') {
          await tick();
          throw new Error('no');
        }
        if (one.id === 'wait') {
          await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
          log.push('wait ended');
        }
        if (one.id === 'slow') {
          await tick();
          await tick();
          log.push('slow ended');
        }
        if (one.id.startsWith('after')) log.push(one.id);
      },
      { parallel: -1, signal: forever },
    );
    expect(log.sort()).toEqual(['slow ended', 'wait ended']);
    expect(result.failures.map(({ step: failed }) => failed.id)).toEqual(['bad']);
    expect(result.skipped.map((one) => one.id)).toEqual(['after bad', 'after slow']);
  });

  test('an interrupt begins nothing new', async () => {
    const interrupt = new AbortController();
    const result = await runSteps(
      [step('a', []), step('b', ['a'])],
      async () => {
        interrupt.abort();
        await tick();
      },
      { parallel: -1, signal: interrupt.signal },
    );
    expect(result.done.map((one) => one.id)).toEqual(['a']);
    expect(result.skipped.map((one) => one.id)).toEqual(['b']);
  });
});
