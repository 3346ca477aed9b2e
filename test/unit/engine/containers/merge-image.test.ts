import { describe, expect, it } from 'vitest';
import { mergeImageConfig } from '../../../../src/engine/containers/merge-image.ts';

const second = 1e9;

describe('health check of an image under the request’s', () => {
  const image = {
    Cmd: ['serve'],
    Healthcheck: {
      Test: ['CMD-SHELL', 'curl localhost'],
      Interval: 10 * second,
      Retries: 7,
      Timeout: second,
    },
  };
  const merged = (request: object | null | undefined) =>
    mergeImageConfig({ Image: 'x', ...(request === undefined ? {} : { Healthcheck: request }) }, image).config
      .Healthcheck;

  it('is the image’s when the request has none', () => {
    expect(merged(undefined)).toEqual(image.Healthcheck);
    expect(merged(null)).toEqual(image.Healthcheck);
  });

  it('takes from the image each value that the request leaves out', () => {
    expect(merged({ Timeout: 2 * second, StartPeriod: 3 * second })).toEqual({
      Test: ['CMD-SHELL', 'curl localhost'],
      Interval: 10 * second,
      Timeout: 2 * second,
      StartPeriod: 3 * second,
      Retries: 7,
    });
    expect(merged({ Test: [], Retries: 1 })).toMatchObject({ Test: image.Healthcheck.Test, Retries: 1 });
  });

  it('is off when the request says so', () => {
    expect(merged({ Test: ['NONE'] })).toEqual({ Test: ['NONE'] });
  });
});
