import { describe, expect, it } from 'vitest';
import { chooseProxy, proxyAuthorization, shownProxy } from '../../../src/registry/proxy/choose-proxy.ts';
import { inNetwork, isLoopback } from '../../../src/registry/proxy/host-pattern.ts';
import type { ProxySettings } from '../../../src/registry/proxy/proxy-settings.ts';

const through = (address: string, settings: ProxySettings) => {
  const proxy = chooseProxy(new URL(address), settings);
  return proxy === undefined ? 'direct' : `${proxy.variable} ${proxy.url.href}`;
};

describe('the proxy of a request', () => {
  it.each<[string, ProxySettings, string]>([
    ['https://r.example/v2/', { httpsProxy: 'http://p:3128' }, 'HTTPS_PROXY http://p:3128/'],
    ['https://r.example/v2/', { httpProxy: 'http://p:3128' }, 'direct'],
    ['https://r.example/v2/', { httpProxy: 'http://p', allProxy: 'q:1' }, 'ALL_PROXY http://q:1/'],
    ['http://r.example/v2/', { httpProxy: 'p:3128' }, 'HTTP_PROXY http://p:3128/'],
    ['http://r.example/v2/', { httpsProxy: 'http://p' }, 'direct'],
    ['https://r.example/', { httpsProxy: 'https://p' }, 'HTTPS_PROXY https://p/'],
    ['https://localhost:5000/', { httpsProxy: 'http://p' }, 'direct'],
    ['http://127.9.9.9/', { httpProxy: 'http://p' }, 'direct'],
    ['https://[::1]:5000/', { httpsProxy: 'http://p' }, 'direct'],
  ])('%s with %j: %s', (address, settings, expected) => expect(through(address, settings)).toBe(expected));

  it.each([
    ['r.example', true],
    ['example', true],
    ['.example', true],
    ['*.example', true],
    ['.r.example', false],
    ['xample', false],
    ['R.EXAMPLE', true],
    ['other, r.example:5000', true],
    ['r.example:443', false],
    ['*', true],
    ['', false],
    [', ,', false],
  ])('is not used for r.example:5000 with NO_PROXY=%j: %s', (noProxy, excepted) => {
    const settings = { httpsProxy: 'http://p', noProxy };
    expect(through('https://r.example:5000/', settings) === 'direct').toBe(excepted);
  });

  it.each([
    ['10.1.2.3', '10.0.0.0/8', true],
    ['10.1.2.3', '10.1.2.3', true],
    ['10.1.2.3', '10.1.2.3:80', false],
    ['11.1.2.3', '10.0.0.0/8', false],
    ['[fd00::5]', 'fd00::/8', true],
    ['[fd00::5]', '[fd00::5]:443', true],
    ['10.1.2.3', '10.0.0.0/99', false],
  ])('is not used for %s with NO_PROXY=%s: %s', (host, noProxy, excepted) => {
    expect(through(`https://${host}/`, { httpsProxy: 'http://p', noProxy }) === 'direct').toBe(excepted);
  });

  it('is refused when it is of another kind', () => {
    expect(() => through('https://r/', { httpsProxy: 'socks4://p:1080' })).toThrow(
      /HTTPS_PROXY names a proxy of the kind socks4/,
    );
    expect(() => through('https://r/', { allProxy: 'http://' })).toThrow(/ALL_PROXY is not the address/);
  });

  it('is shown without its password, which goes into the header', () => {
    const proxy = chooseProxy(new URL('https://r/'), { httpsProxy: 'http://me:p%40ss@p:3128' })!;
    expect(shownProxy(proxy)).toBe('http://p:3128');
    expect(proxyAuthorization(proxy)).toBe(`Basic ${Buffer.from('me:p@ss').toString('base64')}`);
  });
});

describe('addresses', () => {
  it('of this machine are known', () => {
    expect(['127.0.0.1', '127.255.1.1', '::1', 'localhost', 'a.localhost'].map(isLoopback)).not.toContain(
      false,
    );
    expect(['128.0.0.1', 'localhost.example', '127.example', '::2'].map(isLoopback)).not.toContain(true);
  });

  it('lie in networks of their kind', () => {
    expect(inNetwork('192.168.3.4', '192.168.0.0/16')).toBe(true);
    expect(inNetwork('host', '192.168.0.0/16')).toBe(false);
    expect(inNetwork('::1', '0.0.0.0/0')).toBe(false);
    expect(inNetwork('1.2.3.4', '1.2.3.4/')).toBe(false);
  });
});
