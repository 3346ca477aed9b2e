import { describe, expect, it } from 'vitest';
import { checkEnv, checkValues } from '../../../../../src/engine/containers/spec/check-values.ts';
import { shownConfig, shownHostConfig } from '../../../../../src/engine/containers/view/shown-config.ts';

const check = (config: object, host: object = {}) => checkValues({ Image: 'x', ...config }, host);

describe('values of a create request', () => {
  it.each([
    [{}, { ExtraHosts: ['db'] }, 'bad format for add-host: "db"'],
    [{}, { ExtraHosts: ['db:nowhere'] }, 'invalid IP address in add-host: "nowhere"'],
    [{ Healthcheck: { Interval: 5 } }, {}, 'Interval in Healthcheck cannot be less than 1ms'],
    [{ Healthcheck: { Retries: -1 } }, {}, 'Retries in Healthcheck cannot be negative'],
    [{}, { LogConfig: { Config: { lines: '3' } } }, "unknown log opt 'lines' for json-file log driver"],
    [{}, { LogConfig: { Type: 'local', Config: { 'max-size': 'x' } } }, 'invalid value for max-size'],
  ])('that mean nothing are refused: %j %j', (config, host, message) => {
    expect(() => check(config, host)).toThrow(message);
  });

  it('that mean something pass; what is not supported is told', () => {
    const hosts = ['db:10.0.0.1', 'six:::1', 'brackets:[::1]', 'equals=10.0.0.2', 'up:host-gateway'];
    expect(check({ Healthcheck: { Interval: 1e9 } }, { ExtraHosts: hosts })).toEqual([]);
    expect(check({}, { LogConfig: { Config: { 'max-size': '1m', tag: 't' } } })).toEqual([
      'log option "tag" is accepted but has no effect in this engine',
    ]);
    expect(check({}, { LogConfig: { Type: 'syslog', Config: { any: '1' } } })).toEqual([]);
  });

  it('of the environment have names', () => {
    expect(() => checkEnv(['A=b', '=c'])).toThrow('invalid environment variable: =c');
    expect(() => checkEnv([''])).toThrow('invalid environment variable');
    checkEnv(['A=', 'B']);
  });
});

describe('an inspect answer', () => {
  it('has every field that clients read, and what was said', () => {
    const host = shownHostConfig({
      Memory: 5,
      NetworkMode: '',
      PortBindings: { '80/tcp': [{ HostPort: '1' }] },
    });
    expect(host).toMatchObject({
      Memory: 5,
      NanoCpus: 0,
      AutoRemove: false,
      NetworkMode: 'bridge',
      Links: null,
    });
    expect(host.PortBindings).toEqual({ '80/tcp': [{ HostIp: '', HostPort: '1' }] });
    expect(host.MaskedPaths).toContain('/proc/kcore');
    expect(shownHostConfig({ Privileged: true }).MaskedPaths).toBeNull();
    expect(shownConfig({ Image: 'x', ExposedPorts: null })).toMatchObject({
      Image: 'x',
      User: '',
      Tty: false,
    });
    expect(shownConfig({ Image: 'x', ExposedPorts: null })).not.toHaveProperty('ExposedPorts');
  });
});
