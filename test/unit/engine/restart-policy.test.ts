import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  onExit,
  parseRestartPolicy,
  type RestartPolicy,
  type RestartState,
  startsWithEngine,
} from '../../../src/engine/restart-policy.ts';

const policy = (name: RestartPolicy['name'], maximumRetryCount = 0): RestartPolicy => ({
  name,
  maximumRetryCount,
});
const quick = (exitCode: number) => ({ exitCode, ranFor: 5 });

/** Exits again and again until it stays; gives the delays. */
function delays(of: RestartPolicy, exitCode: number, most: number): number[] {
  let state: RestartState = { restartCount: 0, lastDelay: 0, stoppedByUser: false };
  const waited: number[] = [];
  while (waited.length < most) {
    const decision = onExit(of, state, quick(exitCode));
    if (decision.action === 'stay') break;
    waited.push(decision.delay);
    state = decision.state;
  }
  return waited;
}

describe('onExit', () => {
  it('doubles the delay from 100 ms up to a minute', () => {
    expect(delays(policy('always'), 0, 12)).toEqual([
      100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 51200, 60000, 60000,
    ]);
  });

  it('starts over after ten seconds of running, and counts on', () => {
    const state: RestartState = { restartCount: 8, lastDelay: 25600, stoppedByUser: false };
    expect(onExit(policy('always'), state, { exitCode: 1, ranFor: 10_000 })).toEqual({
      action: 'restart',
      delay: 100,
      state: { restartCount: 9, lastDelay: 100, stoppedByUser: false },
    });
    expect(onExit(policy('always'), state, { exitCode: 1, ranFor: 9_999 })).toMatchObject({ delay: 51200 });
  });

  it('restarts on failure only, and at most n times', () => {
    expect(delays(policy('on-failure'), 0, 5)).toEqual([]);
    expect(delays(policy('on-failure', 3), 1, 9)).toEqual([100, 200, 400]);
    expect(delays(policy('on-failure'), 1, 5)).toHaveLength(5);
  });

  it('never restarts with policy no', () => {
    expect(delays(policy('no'), 1, 5)).toEqual([]);
  });

  it('leaves what the user stopped alone, whatever the policy and exit', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('no', 'always', 'on-failure', 'unless-stopped'),
        fc.integer({ min: 0, max: 255 }),
        fc.nat(100_000),
        (name, exitCode, ranFor) => {
          const state = { restartCount: 2, lastDelay: 200, stoppedByUser: true };
          expect(onExit(policy(name as RestartPolicy['name']), state, { exitCode, ranFor }).action).toBe(
            'stay',
          );
        },
      ),
    );
  });
});

describe('startsWithEngine', () => {
  const exited = { wasRunning: false, stoppedByUser: false, exitCode: 0 };
  it.each([
    ['no', { ...exited, wasRunning: true }, false],
    ['always', exited, true],
    ['always', { ...exited, stoppedByUser: true }, true],
    ['unless-stopped', exited, true],
    ['unless-stopped', { ...exited, stoppedByUser: true }, false],
    ['on-failure', exited, false],
    ['on-failure', { ...exited, exitCode: 3 }, true],
    ['on-failure', { ...exited, wasRunning: true }, true],
    ['on-failure', { ...exited, exitCode: 3, stoppedByUser: true }, false],
  ] as const)('%s with %o: %s', (name, state, expected) => {
    expect(startsWithEngine(policy(name), state)).toBe(expected);
  });
});

describe('parseRestartPolicy', () => {
  it('reads the API’s object', () => {
    expect(parseRestartPolicy(undefined)).toEqual(policy('no'));
    expect(parseRestartPolicy({ Name: '' })).toEqual(policy('no'));
    expect(parseRestartPolicy({ Name: 'on-failure', MaximumRetryCount: 4 })).toEqual(policy('on-failure', 4));
  });

  it.each([
    [{ Name: 'sometimes' }, /unknown policy 'sometimes'/],
    [{ Name: 'always', MaximumRetryCount: 1 }, /can only be used with 'on-failure'/],
    [{ Name: 'on-failure', MaximumRetryCount: -1 }, /cannot be negative/],
  ])('refuses %o', (given, message) => {
    expect(() => parseRestartPolicy(given)).toThrow(message);
  });
});
