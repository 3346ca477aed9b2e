import { expect, it } from 'vitest';
import { parseLogConfig } from '../../../../../src/engine/containers/spec/log-config.ts';

it('reads log sizes', () => {
  expect(parseLogConfig({ Type: 'none' }, '/log')).toBeUndefined();
  expect(parseLogConfig(undefined, '/log')).toEqual({
    path: '/log',
    maxSize: 104857600,
    maxFiles: 5,
    awaitFollower: 0,
  });
  expect(parseLogConfig({ Config: { 'max-size': '1.5k', 'max-file': '2' } }, '/log')).toEqual({
    path: '/log',
    maxSize: 1536,
    maxFiles: 2,
    awaitFollower: 0,
  });
  expect(parseLogConfig(undefined, '/log', true)?.awaitFollower).toBe(10_000);
  expect(() => parseLogConfig({ Config: { 'max-file': '0' } }, '/log')).toThrow('max-file');
});
