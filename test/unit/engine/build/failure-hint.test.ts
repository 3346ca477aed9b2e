import { expect, it } from 'vitest';
import type { RunStep } from '../../../../src/build/plan/types.ts';
import { failureHint } from '../../../../src/engine/build/steps/failure-hint.ts';

const step = {
  kind: 'run',
  user: 'app',
  network: 'default',
  mounts: [{ type: 'cache', target: '/c', uid: 0, gid: 0 }],
} as unknown as RunStep;

it('says what to try by exit code and output', () => {
  expect(failureHint(step, 127, ['sh: nonsense: not found'])).toContain('not in the image');
  expect(failureHint(step, 1, ["wget: bad address 'db'"])).toContain('build.network');
  expect(failureHint({ ...step, network: 'none' }, 1, ['Could not resolve host: x'])).toContain(
    '--network=none',
  );
  expect(failureHint(step, 1, ["mkdir: can't create /c/x: Permission denied"])).toContain(
    'The cache mount at /c',
  );
  expect(failureHint({ ...step, user: '0:0' }, 1, ['Permission denied'])).toBeUndefined();
  expect(failureHint(step, 2, ['make: *** [all] Error 2'])).toBeUndefined();
});
