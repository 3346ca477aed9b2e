import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { certificatePlaces } from '../../../src/registry/settings/certificates.ts';
import { addressOf, endpointsOf } from '../../../src/registry/settings/endpoints.ts';
import {
  defaultRegistrySettings,
  isInsecure,
  mergeSettings,
  parseDockerSettings,
  parseRegistrySettings,
} from '../../../src/registry/settings/registry-settings.ts';
import { afterSetback, isPassingStatus, isProgress } from '../../../src/registry/transfer/retry.ts';

const parse = (value: unknown) => parseRegistrySettings(value, '/etc/tcompose/engine.json');

describe('settings about registries', () => {
  it('have defaults', () => {
    expect(parse(undefined)).toEqual(defaultRegistrySettings);
    expect(parse({})).toEqual(defaultRegistrySettings);
  });

  it('are read', () => {
    expect(
      parse({
        insecure: ['r:5000'],
        mirrors: { 'index.docker.io': ['https://m/'], 'ghcr.io': { url: 'http://n:1/x', fallback: false } },
        parallel: 2,
        stallSeconds: 0.5,
      }),
    ).toEqual({
      insecure: ['r:5000'],
      mirrors: {
        'docker.io': [{ url: 'https://m', fallback: true }],
        'ghcr.io': [{ url: 'http://n:1/x', fallback: false }],
      },
      blocked: {},
      parallel: 2,
      stallMs: 500,
      file: '/etc/tcompose/engine.json',
    });
  });

  it.each([
    [5, /must be an object/],
    [{ mirror: {} }, /mirror is not known/],
    [{ insecure: 'r' }, /list of hosts/],
    [{ insecure: [5] }, /list of hosts/],
    [{ mirrors: [] }, /must be an object/],
    [{ mirrors: { 'docker.io': [5] } }, /mirrors\.docker\.io: a mirror is an address/],
    [{ mirrors: { 'docker.io': ['https://u:p@m'] } }, /a mirror is an address/],
    [{ parallel: 0 }, /from 1 to 64/],
    [{ stallSeconds: '30' }, /from 0\.1 to 600/],
  ])('are refused by name: %j', (value, words) => expect(() => parse(value)).toThrow(words));

  it('of Docker count where there are none of ours', () => {
    const docker = parseDockerSettings(
      '{"registry-mirrors":["https://m"],"insecure-registries":["10.0.0.0/8"],"debug":true}',
    );
    expect(mergeSettings(defaultRegistrySettings, docker)).toMatchObject({
      insecure: ['10.0.0.0/8'],
      mirrors: { 'docker.io': [{ url: 'https://m' }] },
    });
    expect(mergeSettings(parse({ mirrors: { 'docker.io': ['https://own'] } }), docker).mirrors).toEqual({
      'docker.io': [{ url: 'https://own', fallback: true }],
    });
    for (const text of ['', '[]', 'null', '{"registry-mirrors":5}']) {
      expect(parseDockerSettings(text)).toEqual({ insecure: [], mirrors: {} });
    }
  });

  it.each([
    ['127.0.0.1:5000', true],
    ['localhost:5000', true],
    ['[::1]:5000', true],
    ['r.example:5000', true],
    ['R.example:5000', true],
    ['r.example', false],
    ['r.example:5001', false],
    ['any.example:1', true],
    ['10.2.3.4:5000', true],
    ['11.2.3.4:5000', false],
    ['[fd00::1]:5000', true],
  ])('say whether %s is insecure: %s', (host, insecure) =>
    expect(isInsecure(host, ['r.example:5000', 'http://any.example/', '10.0.0.0/8', 'fd00::/8'])).toBe(
      insecure,
    ),
  );
});

describe('the endpoints of a registry', () => {
  const settings = { ...defaultRegistrySettings, insecure: ['plain:5000'] };

  it('are the registry itself, by TLS', () => {
    expect(endpointsOf('r.example:5000', settings)).toEqual([
      {
        kind: 'main',
        host: 'r.example:5000',
        prefix: '',
        schemes: ['https:'],
        verify: true,
        fallback: false,
      },
    ]);
    expect(endpointsOf('docker.io', settings)[0]).toMatchObject({ host: 'registry-1.docker.io' });
    expect(endpointsOf('plain:5000', settings)[0]).toMatchObject({
      schemes: ['https:', 'http:'],
      verify: false,
    });
  });

  it('begin with the mirrors', () => {
    const [first, second, main] = endpointsOf('ghcr.io', {
      ...settings,
      mirrors: {
        'ghcr.io': [
          { url: 'https://m/ghcr/v2', fallback: true },
          { url: 'http://n:1', fallback: false },
        ],
      },
    });
    expect(first).toMatchObject({
      kind: 'mirror',
      host: 'm',
      prefix: '/ghcr',
      schemes: ['https:'],
      verify: true,
    });
    expect(second).toMatchObject({ kind: 'mirror', host: 'n:1', schemes: ['http:'], fallback: false });
    expect(main).toMatchObject({ kind: 'main', host: 'ghcr.io' });
    expect(addressOf(first!, 'https:', 'a/manifests/1').href).toBe('https://m/ghcr/v2/a/manifests/1');
  });
});

describe('another try', () => {
  it('comes after longer and longer waits, and not for ever', () => {
    const waits = Array.from({ length: 9 }, (_, index) => afterSetback({ kind: 'network' }, index + 1));
    expect(waits.map((step) => (step.kind === 'wait' ? step.ms : step.kind))).toEqual([
      500,
      1000,
      2000,
      4000,
      8000,
      16_000,
      20_000,
      'give-up',
      'give-up',
    ]);
  });

  it('comes when the server says, but for waits that nobody wants', () => {
    expect(afterSetback({ kind: 'limit', retryAfterMs: 5000 }, 1)).toEqual({ kind: 'wait', ms: 5000 });
    expect(afterSetback({ kind: 'limit', retryAfterMs: 60_001 }, 1)).toEqual({
      kind: 'give-up',
      freeInMs: 60_001,
    });
    expect(afterSetback({ kind: 'status', status: 503, retryAfterMs: 0 }, 1)).toEqual({
      kind: 'wait',
      ms: 100,
    });
    const without = [1, 2, 3, 4].map((n) => afterSetback({ kind: 'limit', retryAfterMs: undefined }, n));
    expect(without.map((step) => (step.kind === 'wait' ? step.ms : step.kind))).toEqual([
      2000,
      4000,
      8000,
      'give-up',
    ]);
  });

  it('is worth it for what may pass', () => {
    expect([500, 502, 503, 504, 408].map(isPassingStatus)).not.toContain(false);
    expect([200, 400, 401, 403, 404, 429, 501, 505].map(isPassingStatus)).not.toContain(true);
  });

  it('is bounded, however little each one brings', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 40 }), fc.integer({ min: 1, max: 1000 }), (size, each) => {
        let tries = 0;
        let failures = 0;
        for (let at = 0, highest = 0; at < size && failures < 8 && tries < 5_000_000; tries++) {
          const next = Math.min(size, at + each);
          const got = isProgress(highest, next, size);
          failures = got ? 0 : failures + 1;
          if (got) highest = next;
          at = next;
        }
        expect(tries).toBeLessThan(20_000);
      }),
    );
    expect(isProgress(0, 16 * 1024, 2 ** 30)).toBe(true);
    expect(isProgress(0, 27, 1_500_000)).toBe(false);
    expect(isProgress(90, 91, 100)).toBe(true);
    expect(isProgress(100, 50, 1000)).toBe(false);
  });
});

describe('certificates of one registry', () => {
  it('are looked for beside engine.json, and where other tools have them', () => {
    expect(certificatePlaces({}).directories).toEqual([
      '/etc/tcompose/certs.d',
      '/etc/docker/certs.d',
      '/etc/containers/certs.d',
    ]);
    expect(certificatePlaces({ HOME: '/h' }, '/r/etc/engine.json').directories).toEqual([
      '/r/etc/certs.d',
      '/etc/docker/certs.d',
      '/etc/containers/certs.d',
      '/h/.config/docker/certs.d',
      '/h/.config/containers/certs.d',
    ]);
  });
});

describe('bundles of authorities', () => {
  it('are those that the environment names, before the machine’s', () => {
    const named = (env: Record<string, string>) =>
      certificatePlaces(env).bundles.filter((file) => !file.startsWith('/etc/'));
    expect(named({})).toEqual([]);
    expect(named({ SSL_CERT_FILE: '/a', NODE_EXTRA_CA_CERTS: '/b' })).toEqual(['/a', '/b']);
    expect(named({ TCOMPOSE_EXTRA_CA_CERTS: '/c' })).toEqual(['/c']);
    expect(named({ SSL_CERT_FILE: '/a', NODE_EXTRA_CA_CERTS: '/a' })).toEqual(['/a']);
    expect(named({ SSL_CERT_FILE: '', NODE_EXTRA_CA_CERTS: '' })).toEqual([]);
  });
});
