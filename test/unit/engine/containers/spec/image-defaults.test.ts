import { expect, it } from 'vitest';
import { imageDefaults } from '../../../../../src/engine/containers/spec/image-defaults.ts';

it('leaves out a stop signal that is none, and times of a health check that are too short, with a sentence each', () => {
  const Healthcheck = { Test: ['CMD', 'true'], Interval: 5, Timeout: -1, StartPeriod: 0, Retries: 2 };
  expect(imageDefaults('app:1', { User: 'u', StopSignal: 'SIGFOO', Healthcheck })).toEqual({
    config: { User: 'u', Healthcheck: { Test: ['CMD', 'true'], StartPeriod: 0, Retries: 2 } },
    warnings: [
      'image app:1 says to be stopped by "SIGFOO", which is no signal: SIGTERM is sent',
      'image app:1 has a health check whose Interval is less than 1ms: the default counts',
      'image app:1 has a health check whose Timeout is less than 1ms: the default counts',
    ],
  });
});

it.each(['SIGTERM', 'quit', '15', 'SIGRTMIN+3', 'RTMAX-1'])('keeps the stop signal %s', (StopSignal) =>
  expect(imageDefaults('app:1', { StopSignal })).toEqual({ config: { StopSignal }, warnings: [] }),
);

it.each(['0', '65', 'SIGRTMIN+31', '', 'SIG'])('knows no signal %j', (StopSignal) =>
  expect(imageDefaults('app:1', { StopSignal }).config).toEqual({}),
);
