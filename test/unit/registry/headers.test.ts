import { describe, expect, it } from 'vitest';
import {
  decodeProxies,
  decodeRegistryAuth,
  encodeProxies,
  encodeRegistryAuth,
} from '../../../src/engine/api/registry-headers.ts';
import { basicAuthorization, expiredSince } from '../../../src/registry/auth/credentials.ts';
import { proxiesOfEnvironment } from '../../../src/registry/proxy/proxy-settings.ts';

describe('headers about registries', () => {
  it('carry credentials and proxies', () => {
    const credentials = { username: 'me', password: 'ä:ö?>', source: '/root/.docker/config.json' };
    expect(decodeRegistryAuth(encodeRegistryAuth(credentials))).toEqual(credentials);
    expect(decodeRegistryAuth(encodeRegistryAuth({ identityToken: 't' }))).toEqual({ identityToken: 't' });
    const proxies = { httpsProxy: 'http://p:3128', noProxy: '10.0.0.0/8' };
    expect(decodeProxies(encodeProxies(proxies))).toEqual(proxies);
    expect(decodeProxies(encodeProxies({}))).toEqual({});
  });

  it('take both alphabets, and nothing readable as nobody', () => {
    const json = JSON.stringify({ username: 'u', password: '>>>???' });
    for (const alphabet of ['base64', 'base64url'] as const)
      expect(decodeRegistryAuth(Buffer.from(json).toString(alphabet))).toEqual({
        username: 'u',
        password: '>>>???',
      });
    for (const header of [undefined, '', '!!!', 'e30=', Buffer.from('[]').toString('base64')])
      expect(decodeRegistryAuth(header)).toEqual({});
    expect(decodeProxies(undefined)).toBeUndefined();
    expect(decodeRegistryAuth(Buffer.from('{"username":"","password":""}').toString('base64'))).toEqual({});
  });
});

describe('credentials', () => {
  it('become a Basic header', () => {
    expect(basicAuthorization({ username: 'a', password: '' })).toBe('Basic YTo=');
    expect(basicAuthorization({ identityToken: 'x' })).toBeUndefined();
  });

  it('tell since when a JSON web token is over', () => {
    const token = (claims: object) => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;
    expect(expiredSince(token({ exp: 100 }), 200_000)).toBe(100_000);
    expect(expiredSince(token({ exp: 300 }), 200_000)).toBeUndefined();
    expect(expiredSince(token({}), 200_000)).toBeUndefined();
    expect(expiredSince('secret', 200_000)).toBeUndefined();
    expect(expiredSince('a.b.c', 200_000)).toBeUndefined();
  });
});

describe('proxies of an environment', () => {
  it('are named in either case, and the lower one counts', () => {
    expect(
      proxiesOfEnvironment({
        https_proxy: 'http://a',
        HTTPS_PROXY: 'http://b',
        NO_PROXY: 'x',
        HTTP_PROXY: '',
      }),
    ).toEqual({ httpsProxy: 'http://a', noProxy: 'x' });
  });
});
