import { expect, it } from 'vitest';
import { endedOnRequest } from '../../../../src/engine/client/start-engine.ts';

const serves = '2026-01-01T00:00:00.000000000Z info tcompose 1 serves /run/engine.sock (instance 1, pid 2)\n';
const ending = '2026-01-01T00:00:01.000000000Z info ending: handed over to version 2\n';

it('tells an engine that was handed over as soon as it served from one that cannot run', () => {
  expect(endedOnRequest(serves + ending)).toBe(true);
  // Of the engine before, which made room; what was started then failed.
  expect(endedOnRequest(`${ending}2026-01-01T00:00:02Z error the engine cannot run: no\n`)).toBe(false);
  expect(
    endedOnRequest(`${ending}keeper: the engine exited with 1; it ended 5 times within 10 s, giving up\n`),
  ).toBe(false);
  expect(endedOnRequest(serves)).toBe(false);
  expect(endedOnRequest('')).toBe(false);
});
