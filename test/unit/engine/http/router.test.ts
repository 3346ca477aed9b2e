import { describe, expect, it } from 'vitest';
import { createRouter, type Route } from '../../../../src/engine/http/router.ts';
import { compareVersions, splitVersion } from '../../../../src/engine/http/versions.ts';

const route = (method: string, path: string): Route => ({ method, path, handler: () => {} });
const lookup = createRouter([
  route('GET', '/containers/json'),
  route('GET', '/containers/{id}/json'),
  route('DELETE', '/containers/{id}'),
  route('GET', '/images/{name*}/json'),
  route('HEAD', '/_ping'),
  route('GET', '/_ping'),
]);
const found = (method: string, path: string) => {
  const result = lookup(method, path);
  return result.kind === 'match' ? [result.match.route.path, result.match.params] : result.kind;
};

describe('router', () => {
  it('matches literal paths before parameters, in order of registration', () => {
    expect(found('GET', '/containers/json')).toEqual(['/containers/json', {}]);
    expect(found('GET', '/containers/abc/json')).toEqual(['/containers/{id}/json', { id: 'abc' }]);
  });

  it('takes the API version off and remembers it', () => {
    expect(lookup('GET', '/v1.41/_ping')).toMatchObject({ kind: 'match', version: '1.41' });
    expect(lookup('GET', '/_ping').version).toBeUndefined();
    expect(splitVersion('/v1.24/a/b')).toEqual({ version: '1.24', rest: '/a/b' });
    expect(splitVersion('/version')).toEqual({ version: undefined, rest: '/version' });
  });

  it('lets image names have slashes, and decodes parameters', () => {
    expect(found('GET', '/images/own/image:1/json')).toEqual([
      '/images/{name*}/json',
      { name: 'own/image:1' },
    ]);
    expect(found('GET', '/containers/a%2Fb/json')).toEqual(['/containers/{id}/json', { id: 'a/b' }]);
    expect(found('GET', '/containers/%zz/json')).toEqual(['/containers/{id}/json', { id: '%zz' }]);
  });

  it('tells a wrong method from an unknown path', () => {
    expect(found('PUT', '/containers/abc')).toBe('method-not-allowed');
    expect(found('GET', '/nonsense')).toBe('unknown');
    expect(found('GET', '/containers')).toBe('unknown');
  });

  it('answers HEAD by a route of its own where there is one, else by GET', () => {
    expect(lookup('HEAD', '/_ping')).toMatchObject({ kind: 'match' });
    expect(found('HEAD', '/containers/json')).toEqual(['/containers/json', {}]);
  });

  it('compares versions by number', () => {
    expect(compareVersions('1.9', '1.47')).toBeLessThan(0);
    expect(compareVersions('1.47', '1.47')).toBe(0);
    expect(compareVersions('2.0', '1.47')).toBeGreaterThan(0);
  });
});
