import { describe, expect, it } from 'vitest';
import { mergeEnv, mergeImageConfig } from '../../../../../src/engine/containers/spec/merge-image.ts';

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

describe('image under request', () => {
  const image = {
    Entrypoint: ['/entry'],
    Cmd: ['serve'],
    Env: ['PATH=/bin', 'A=image', 'GONE=1'],
    Labels: { a: 'image', b: 'image' },
    User: 'app',
    Volumes: { '/data': {} },
  };

  it('joins entrypoint and command by Docker’s rules', () => {
    const command = (request: object) => mergeImageConfig({ Image: 'x', ...request }, image).command;
    expect(command({})).toEqual(['/entry', 'serve']);
    expect(command({ Cmd: ['other'] })).toEqual(['/entry', 'other']);
    expect(command({ Entrypoint: ['/mine'] })).toEqual(['/mine']);
    expect(command({ Entrypoint: [''], Cmd: ['sh'] })).toEqual(['sh']);
    // An empty list takes the image's entrypoint away and leaves its command; a single empty word takes both.
    expect(command({ Entrypoint: [] })).toEqual(['serve']);
    expect(command({ Entrypoint: [], Cmd: ['sh'] })).toEqual(['sh']);
    expect(() => command({ Entrypoint: [''] })).toThrow('no command specified');
    expect(mergeImageConfig({ Image: 'x' }, { Entrypoint: [''], Cmd: ['sh'] })).toMatchObject({
      command: ['sh'],
      config: { Entrypoint: null },
    });
    expect(() => mergeImageConfig({ Image: 'x' }, {})).toThrow('no command specified');
  });

  it('merges the environment by key, and keeps a name alone for the environment to leave out', () => {
    const merged = ['A=request', 'GONE', 'NEW=1', 'PATH=/bin'];
    expect(mergeEnv(image.Env, ['A=request', 'GONE', 'NEW=1'])).toEqual(merged);
  });

  it('merges maps, and fills empty scalars', () => {
    const { config } = mergeImageConfig({ Image: 'x', Labels: { a: 'request' }, User: '' }, image);
    expect(config.Labels).toEqual({ a: 'request', b: 'image' });
    expect(config.User).toBe('app');
    expect(config.Volumes).toEqual({ '/data': {} });
  });
});
