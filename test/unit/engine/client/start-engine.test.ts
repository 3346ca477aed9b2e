import { expect, it } from 'vitest';
import { endedOnRequest } from '../../../../src/engine/client/start-engine.ts';

const ended = (pid: number) => `{"pid":${pid},"why":"handed over to version 2"}\n`;

it('tells an engine that was handed over as soon as it served from one that cannot run', () => {
  expect(endedOnRequest(ended(2), '')).toBe(true);
  expect(endedOnRequest(ended(3), ended(2))).toBe(true);
  // Of the engine before, which made room; what was started then failed before it removed the file, or after.
  expect(endedOnRequest(ended(2), ended(2))).toBe(false);
  expect(endedOnRequest('', ended(2))).toBe(false);
  expect(endedOnRequest('', '')).toBe(false);
});
