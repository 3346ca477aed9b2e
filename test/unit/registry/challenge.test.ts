import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { entranceOf, parseChallenges } from '../../../src/registry/auth/challenge.ts';

describe('challenges', () => {
  it.each([
    [
      'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/a:pull,push"',
      [
        {
          scheme: 'bearer',
          parameters: {
            realm: 'https://auth.docker.io/token',
            service: 'registry.docker.io',
            scope: 'repository:library/a:pull,push',
          },
        },
      ],
    ],
    ['Basic', [{ scheme: 'basic', parameters: {} }]],
    [
      'basic realm=plain , BEARER  Realm = "x" ,Service=y',
      [
        { scheme: 'basic', parameters: { realm: 'plain' } },
        { scheme: 'bearer', parameters: { realm: 'x', service: 'y' } },
      ],
    ],
    [
      'Negotiate, NTLM TlRMTVNTUAA==, Basic realm="a \\"b\\", c"',
      [
        { scheme: 'negotiate', parameters: {} },
        { scheme: 'ntlm', parameters: {} },
        { scheme: 'basic', parameters: { realm: 'a "b", c' } },
      ],
    ],
    ['Bearer realm="open', [{ scheme: 'bearer', parameters: { realm: 'open' } }]],
    ['', []],
    [',,, ', []],
    ['realm="alone"', []],
  ])('%s', (header, expected) => expect(parseChallenges(header)).toEqual(expected));

  it('prefer a token to Basic, whichever comes first', () => {
    expect(entranceOf('Basic realm="old", Bearer realm="http://t/token",scope="a b"')).toEqual({
      kind: 'bearer',
      realm: 'http://t/token',
      service: undefined,
      scopes: ['a', 'b'],
    });
    expect(entranceOf('Bearer service="no realm", Basic realm="x"')).toEqual({ kind: 'basic' });
    expect(entranceOf('Negotiate')).toBeUndefined();
    expect(entranceOf(undefined)).toBeUndefined();
  });

  it('are found again however they are written', () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9_-]{0,8}$/);
    const value = fc.string({ maxLength: 20, unit: 'grapheme-ascii' });
    const challenge = fc.record({
      scheme: name,
      parameters: fc.dictionary(name, value, { minKeys: 1, maxKeys: 4, noNullPrototype: true }),
    });
    fc.assert(
      fc.property(fc.array(challenge, { maxLength: 4 }), (list) => {
        const header = list
          .map(
            ({ scheme, parameters }) =>
              `${scheme} ${Object.entries(parameters)
                .map(([key, one]) => `${key}="${one.replace(/["\\]/g, '\\$&')}"`)
                .join(', ')}`,
          )
          .join(', ');
        expect(parseChallenges(header)).toEqual(list);
      }),
    );
  });

  it('come to an end with any text', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (text) => {
        expect(parseChallenges(text).length).toBeLessThanOrEqual(text.length);
      }),
    );
  });
});
