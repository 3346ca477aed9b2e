import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  familiarReference,
  formatReference,
  idDigits,
  listedName,
  normaliseTag,
  parseReference,
  splitReference,
  withDefaultTag,
} from '../../../src/image/reference.ts';

const sha = 'a'.repeat(64);

describe('parseReference', () => {
  it.each([
    ['busybox', 'docker.io', 'library/busybox', undefined],
    ['busybox:1.36', 'docker.io', 'library/busybox', '1.36'],
    ['me/app', 'docker.io', 'me/app', undefined],
    ['tcompose/host', 'docker.io', 'tcompose/host', undefined],
    ['docker.io/busybox', 'docker.io', 'library/busybox', undefined],
    ['index.docker.io/busybox', 'docker.io', 'library/busybox', undefined],
    ['localhost/app:dev', 'localhost', 'app', 'dev'],
    ['localhost:5000/app', 'localhost:5000', 'app', undefined],
    ['registry.example/team/app:v1.0-rc.1', 'registry.example', 'team/app', 'v1.0-rc.1'],
    ['[::1]:5000/app', '[::1]:5000', 'app', undefined],
    ['Upper/app', 'Upper', 'app', undefined],
    ['a__b/c--d.e', 'docker.io', 'a__b/c--d.e', undefined],
  ])('%s', (text, domain, path, tag) => {
    expect(parseReference(text)).toEqual({ domain, path, ...(tag ? { tag } : {}) });
  });

  it('takes a tag and a digest together', () => {
    expect(parseReference(`r.example/app:1@sha256:${sha}`)).toEqual({
      domain: 'r.example',
      path: 'app',
      tag: '1',
      digest: `sha256:${sha}`,
    });
  });

  it.each([
    ['', /empty/],
    [sha, /image id/],
    ['Busybox', /lowercase/],
    ['a b', /repository name/],
    ['app:', /not a tag/],
    ['app:-x', /not a tag/],
    [`app:${'t'.repeat(129)}`, /not a tag/],
    ['app@sha256:abc', /not a digest/],
    [`app@sha256:${'A'.repeat(64)}`, /lower-case/],
    [`app@md5:${'a'.repeat(32)}`, /unsupported digest algorithm/],
    ['-x/app', /repository name/],
    ['a_b.c/app', /not a domain/],
    ['app/', /repository name/],
    ['r.example/', /missing/],
    ['../etc', /not a domain/],
    [`r.example/${'a'.repeat(250)}`, /255/],
  ])('refuses %j', (text, why) => {
    expect(() => parseReference(text)).toThrow(why);
  });
});

const component = fc.stringMatching(/^[a-z0-9]{1,8}((\.|_|__|-{1,3})[a-z0-9]{1,8}){0,2}$/);
const reference = fc.record(
  {
    domain: fc.constantFrom('docker.io', 'localhost', 'localhost:5000', 'r.example', 'a-b.example:443'),
    path: fc.array(component, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/')),
    tag: fc.stringMatching(/^\w[\w.-]{0,20}$/),
    digest: fc.stringMatching(/^[0-9a-f]{64}$/).map((hex) => `sha256:${hex}`),
  },
  { requiredKeys: ['domain', 'path'] },
);

describe('normaliseTag', () => {
  it('refuses the name of a digest algorithm, as dockerd', () => {
    expect(() => normaliseTag('sha256:aa')).toThrow('refusing to create an ambiguous tag');
    expect(normaliseTag('example.org/sha256:aa')).toBe('example.org/sha256:aa');
  });
});

describe('properties', () => {
  it('the full and the familiar form parse to the same reference', () => {
    fc.assert(
      fc.property(reference, (given) => {
        const parsed = parseReference(formatReference(given));
        expect(parseReference(formatReference(parsed))).toEqual(parsed);
        expect(parseReference(familiarReference(parsed))).toEqual(parsed);
      }),
    );
  });

  it('any text either parses and survives the round trip, or is refused with IMAGE_REFERENCE', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'aA1.-_/:@[] \0~') }), (text) => {
        try {
          const parsed = parseReference(text);
          expect(parseReference(familiarReference(parsed))).toEqual(parsed);
        } catch (error) {
          expect(error).toMatchObject({ code: 'IMAGE_REFERENCE' });
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('normalising a tag is idempotent', () => {
    fc.assert(
      fc.property(reference, (given) => {
        const once = normaliseTag(formatReference(given));
        expect(normaliseTag(once)).toBe(once);
        expect(withDefaultTag(parseReference(once))).toEqual(parseReference(once));
      }),
    );
  });
});

it.each([
  ['app', 'app:latest'],
  ['index.docker.io/library/app:2', 'app:2'],
  ['reg.example:5000/a/b', 'reg.example:5000/a/b:latest'],
  [`reg.example/a:1@sha256:${'a'.repeat(64)}`, `reg.example/a@sha256:${'a'.repeat(64)}`],
  [`sha256:${'a'.repeat(64)}`, `sha256:${'a'.repeat(64)}`],
  ['a'.repeat(64), 'a'.repeat(64)],
  ['No Such: thing', 'No Such: thing'],
  ['', ''],
])('engines list %j as %j', (text, listed) => expect(listedName(text)).toBe(listed));

it.each([
  ['me/app:1', 'me/app', '1'],
  ['docker.io/library/app', 'app', 'latest'],
  ['localhost:5000/app', 'localhost:5000/app', 'latest'],
  [`app:1@sha256:${'a'.repeat(64)}`, 'app', `sha256:${'a'.repeat(64)}`],
])('%s is %s and %s', (text, repo, tag) => expect(splitReference(text)).toEqual({ repo, tag }));

it.each([
  [`sha256:${'a'.repeat(64)}`, 'a'.repeat(64)],
  ['0123456789ab', '0123456789ab'],
  ['sha256:', undefined],
  ['xyz', undefined],
  ['a'.repeat(65), undefined],
])('the digits of the id in %j are %j', (text, digits) => expect(idDigits(text)).toBe(digits));
