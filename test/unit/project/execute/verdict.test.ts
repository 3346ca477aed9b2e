import { expect, test } from 'vitest';
import type { ContainerState } from '../../../../src/engine/api/container.ts';
import { judge } from '../../../../src/project/execute/verdict.ts';
import { healthInWords } from '../../../../src/project/status-words.ts';

const state = (Status: string, health?: string, ExitCode = 0) =>
  ({
    Status,
    ExitCode,
    ...(health === undefined ? {} : { Health: { Status: health } }),
  }) as unknown as ContainerState;

test.each([
  ['healthy', state('running', 'starting'), 'pending'],
  ['healthy', state('running', 'healthy'), 'healthy'],
  ['healthy', state('running', 'unhealthy'), 'unhealthy'],
  ['healthy', state('running'), 'no-healthcheck'],
  ['healthy', state('running', 'none'), 'no-healthcheck'],
  ['healthy', state('exited', 'unhealthy', 1), 'exited'],
  ['healthy', state('restarting', 'unhealthy', 1), 'pending'],
  ['healthy', state('created'), 'pending'],
  ['completed', state('running'), 'pending'],
  ['completed', state('exited'), 'completed'],
  ['completed', state('exited', undefined, 2), 'exited'],
  ['completed', state('restarting', undefined, 2), 'pending'],
  ['ready', state('running'), 'running'],
  ['ready', state('running', 'starting'), 'pending'],
  ['ready', state('running', 'healthy'), 'healthy'],
  ['ready', state('exited'), 'exited'],
  ['done', state('exited'), 'completed'],
  ['done', state('exited', undefined, 1), 'exited'],
  ['done', state('running'), 'running'],
  ['ready', undefined, 'gone'],
] as const)('%s of %j is %s', (condition, given, expected) => {
  const verdict = judge(given, condition);
  expect(verdict.kind === 'met' ? verdict.as : verdict.kind === 'failed' ? verdict.reason : 'pending').toBe(
    expected,
  );
});

test.each([
  ['Up 3 minutes (healthy)', 'healthy'],
  ['Up 1 second (health: starting)', 'starting'],
  ['Up 3 minutes (unhealthy)', 'unhealthy'],
  ['Up 3 minutes (Paused)', 'none'],
  ['Exited (0) 2 minutes ago', 'none'],
])('the health in "%s"', (status, health) => expect(healthInWords(status)).toBe(health));
