import { expect, it } from 'vitest';
import { parseImageConfig, whyTooManyLayers } from '../../../src/image/config-facts.ts';

it.each<[number, string, string | undefined]>([
  [340, '5.10.0-1-amd64', undefined],
  [
    341,
    '6.6.87',
    'it has 341 layers, and 340 are the most that an overlay is mounted of before Linux 6.7, which takes 490',
  ],
  [490, '6.7.0', undefined],
  [490, '7.0-rc1', undefined],
  [491, '6.18.5', 'it has 491 layers, and 490 are the most that an overlay is mounted of'],
])('%d layers on Linux %s', (count, kernel, why) => expect(whyTooManyLayers(count, kernel)).toBe(why));

const base = { os: 'linux', rootfs: { type: 'layers', diff_ids: [] } };
const facts = (value: unknown) => parseImageConfig(Buffer.from(JSON.stringify(value)), 'amd64');
const configOf = (config: unknown) => facts({ ...base, config }).config;

it.each<[string, unknown, string]>([
  ['User', { User: 5 }, 'config.User is 5 and should be a text'],
  ['Env', { Env: 'A=1' }, 'config.Env is "A=1" and should be a list of texts'],
  ['Entrypoint', { Entrypoint: ['/x', 1] }, 'config.Entrypoint is ["/x",1] and should be a list of texts'],
  ['Labels', { Labels: { a: 1 } }, 'config.Labels is {"a":1} and should be an object of texts'],
  [
    'a time of a health check',
    { Healthcheck: { Interval: '5s' } },
    'config.Healthcheck.Interval is "5s" and should be a whole number',
  ],
  [
    'a count',
    { Healthcheck: { Retries: 1.5 } },
    'config.Healthcheck.Retries is 1.5 and should be a whole number',
  ],
  ['the whole', 'x', 'config is "x" and should be an object'],
])('refuses %s of a wrong type', (_what, config, why) =>
  expect(() => configOf(config)).toThrow(`invalid image JSON, ${why}`),
);

it.each([
  { history: {} },
  { history: [5] },
  { history: [{ empty_layer: 'true' }] },
  { created: 5 },
  { os: 5 },
])('refuses %j', (more) => expect(() => facts({ ...base, ...more })).toThrow(/^invalid image JSON, /));

it('takes null for what is absent, and in lists and labels for an empty text', () => {
  const nothing = { Env: null, Cmd: null, Labels: null, Healthcheck: null, Volumes: null, User: null };
  expect(configOf(nothing)).toEqual({});
  expect(configOf({ Env: ['A=1', null], Labels: { a: null } })).toEqual({
    Env: ['A=1', ''],
    Labels: { a: '' },
  });
});

it('takes one text for a command of it alone', () =>
  expect(configOf({ Cmd: '/a b', Entrypoint: '/x', Shell: '/bin/sh' })).toEqual({
    Cmd: ['/a b'],
    Entrypoint: ['/x'],
    Shell: ['/bin/sh'],
  }));

it('reads names in any case, the last one of several', () => {
  expect(facts({ ...base, OS: 'Linux' }).os).toBe('linux');
  expect(() => facts({ ...base, OS: 'windows' })).toThrow('cannot load windows image on linux');
  expect(facts({ ...base, Config: { ENV: ['A=1'], cmd: ['/x'], Cmd: ['/y'] } }).config).toEqual({
    Env: ['A=1'],
    Cmd: ['/y'],
  });
});

it.each(['yesterday', '2026-01-01', '2026-01-01T00:00:00', '10000-01-01T00:00:00Z', ''])(
  'counts the time %j for none, which no client reads',
  (created) => {
    const found = facts({ ...base, created, history: [{ created, empty_layer: true }] });
    expect(found).toMatchObject({ created: '0001-01-01T00:00:00Z', history: [{ empty_layer: true }] });
    expect(found.history[0]).not.toHaveProperty('created');
  },
);
