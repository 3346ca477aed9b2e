import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  containerCreateShape,
  containerUpdateShape,
  mergedConfigShape,
} from '../../../../src/engine/api/container-shapes.ts';
import * as requestShapes from '../../../../src/engine/api/request-shapes.ts';
import { type Shape, shaped } from '../../../../src/engine/http/body-shape.ts';

const { networkCreateShape, takePlaceShape, unsyncShape } = requestShapes;
const shapes = { ...requestShapes, containerCreateShape, containerUpdateShape, mergedConfigShape };

describe('the body of a request', () => {
  it.each([
    [{ Image: 5 }, 'Image must be a string, not 5'],
    [{ Image: 'x', Cmd: ['a', 1] }, 'Cmd[1] must be a string, not 1'],
    [{ Image: 'x', Env: { A: 'b' } }, 'Env must be a list, not an object'],
    [{ Image: 'x', Labels: { a: 1 } }, 'Labels.a must be a string, not 1'],
    [{ Image: 'x', HostConfig: [] }, 'HostConfig must be an object, not a list'],
    [{ Image: 'x', HostConfig: { Memory: '64m' } }, 'HostConfig.Memory must be a whole number, not "64m"'],
    [{ Image: 'x', HostConfig: { Privileged: 'yes' } }, 'HostConfig.Privileged must be true or false'],
    [{ Healthcheck: { Interval: 1.5 } }, 'Healthcheck.Interval must be a whole number'],
    [
      { HostConfig: { PortBindings: { '80/tcp': [{ HostPort: 80 }] } } },
      'HostConfig.PortBindings.80/tcp[0].HostPort must be a string, not 80',
    ],
    [
      { NetworkingConfig: { EndpointsConfig: { n: { Aliases: 'a' } } } },
      'NetworkingConfig.EndpointsConfig.n.Aliases must be a list',
    ],
    [{ Env: ['A=1', null] }, 'Env[1] must not be null'],
  ])('is refused where a field is of another kind: %j', (body, message) => {
    expect(() => shaped(body, containerCreateShape)).toThrow(message);
  });

  it('is refused where a field that is needed is missing or null', () => {
    expect(() => shaped({}, unsyncShape)).toThrow('paths is missing');
    expect(() => shaped({ paths: [{ directory: true }] }, unsyncShape)).toThrow('paths[0].path is missing');
    expect(() => shaped({ from: null }, takePlaceShape)).toThrow('from is missing');
  });

  it('passes with nulls, unknown fields, and a word for a list of one', () => {
    const body = { Image: 'x', Cmd: 'sh', Env: null, HostConfig: { Binds: null, NoSuch: 1 }, Other: [] };
    expect(shaped(body, containerCreateShape)).toBe(body);
    expect(
      shaped({ Name: 'n', IPAM: { Config: [{ Subnet: '10.0.0.0/8' }] } }, networkCreateShape),
    ).toBeDefined();
  });
});

interface Place {
  readonly kind: 'text' | 'line' | 'word';
  /** A body with this string at the place. */
  readonly with: (value: string) => unknown;
}

/** Every place of a shape where a string may stand, names of maps included. */
function places(shape: Shape): Place[] {
  const below = (inner: Shape, wrap: (value: unknown) => unknown): Place[] =>
    places(inner).map((place) => ({ kind: place.kind, with: (value) => wrap(place.with(value)) }));
  if (shape === 'text' || shape === 'line' || shape === 'word')
    return [{ kind: shape, with: (value) => value }];
  if (shape === 'words') {
    return [
      { kind: 'text', with: (value) => value },
      { kind: 'text', with: (value) => ['first', value] },
    ];
  }
  if (typeof shape === 'string') return [];
  if ('list' in shape) return below(shape.list, (value) => [value]);
  if ('map' in shape) {
    const name: Place = { kind: shape.keys ?? 'text', with: (value) => ({ [value]: null }) };
    return [name, ...below(shape.map, (value) => ({ name: value }))];
  }
  const needed = Object.fromEntries(
    (shape.needed ?? []).map((name) => [name, exampleOf(shape.fields[name]!)]),
  );
  return Object.entries(shape.fields).flatMap(([name, field]) =>
    below(field, (value) => ({ ...needed, [name]: value })),
  );
}

/** A value that a shape allows. */
const exampleOf = (shape: Shape): unknown => (typeof shape === 'string' ? 'word' : 'list' in shape ? [] : {});

/** Characters that a place can't have, and some of those it can. */
const refused = {
  text: ['\0'],
  line: ['\0', '\n', '\r', '\x1b', '\x7f'],
  word: ['\0', '\n', '\r', '\t', ' ', '\u00a0', '\u2028'],
};
const allowed = {
  text: ['\n', '\t', '\x1b', 'é'],
  line: ['\t', ' ', 'é', '='],
  word: ['é', '=', ':', '/', '%'],
};

describe('a string of a request', () => {
  const all = Object.entries(shapes).map(([name, shape]) => ({ name, shape, places: places(shape) }));
  const many = all.filter((one) => one.places.length > 0);

  it('is looked at wherever one may stand', () => {
    const count = (name: string) => all.find((one) => one.name === name)!.places.length;
    expect(count('containerCreateShape')).toBeGreaterThan(90);
    expect(
      ['execCreateShape', 'networkCreateShape', 'volumeCreateShape', 'networkConnectShape'].map(count),
    ).toEqual(expect.not.arrayContaining([0]));
  });

  it.each(many)(
    'of $name is refused with what would end it, or begin another line or word',
    ({ shape, places }) => {
      const some = fc.constantFrom(...places);
      const parts = fc.tuple(
        some,
        fc.string({ unit: 'grapheme-ascii' }),
        fc.nat(),
        fc.string({ unit: 'grapheme-ascii' }),
      );
      fc.assert(
        fc.property(parts, ([place, before, pick, after]) => {
          const characters = refused[place.kind];
          const value = `${before}${characters[pick % characters.length]}${after}`;
          expect(() => shaped(place.with(value), shape)).toThrow(/must not contain/);
        }),
        { numRuns: 400 },
      );
    },
  );

  it.each(many)('of $name passes with what its place can hold', ({ shape, places }) => {
    for (const place of places) {
      for (const character of allowed[place.kind]) {
        const body = place.with(`a${character}b`);
        expect(shaped(body, shape)).toBe(body);
      }
    }
  });

  it('is named with its place, and may come from an image as well', () => {
    expect(() => shaped({ Hostname: 'a\n127.0.0.1 bank' }, containerCreateShape)).toThrow(
      'Hostname must not contain white space or control characters: "a\\n127.0.0.1 bank"',
    );
    const config = { Env: ['OK=line\nline', 'PATH=/bin\0/sbin'] };
    expect(() => shaped(config, mergedConfigShape, 'what image x says: ')).toThrow(
      'what image x says: Env[1] must not contain a NUL character',
    );
  });
});
