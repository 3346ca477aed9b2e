import fc from 'fast-check';
import type { Shape } from '../../src/engine/http/body-shape.ts';
import type { QueryShape } from '../../src/engine/http/declared.ts';
import type { Route } from '../../src/engine/http/router.ts';

/** A request as it goes out. */
export interface GarbageRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly body: string | undefined;
}

/** What stands for each name in a path: things that exist, and may be acted on. */
type Existing = Readonly<Record<string, readonly string[]>>;

/** Words at the edges of what is read of them. None is a path of the machine: some requests act on those. */
const words = fc.oneof(
  fc.constantFrom(
    '',
    '0',
    '1',
    '-1',
    '1e9',
    'true',
    'none',
    '9'.repeat(30),
    '1.5',
    'a:b:c',
    'a=b',
    '../x',
    '{}',
    '[]',
  ),
  fc.constantFrom(
    '{"a":1}',
    '{"label":["a"]}',
    '{"until":["x"]}',
    'null',
    '"',
    'a\nb',
    'a\0b',
    '🙂',
    '%',
    'x'.repeat(5000),
  ),
  fc.constantFrom(
    'SIGNOPE',
    'up',
    'net',
    'host',
    'container:up',
    '10.0.0.0/8',
    '::1',
    'img',
    'sha256:0',
    '__proto__',
    'constructor',
  ),
  fc.string({ maxLength: 20 }).map((text) => text.replaceAll('/', '')),
);

/** Any JSON; a few names that prototypes have. */
const json: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, true, 0, -1, 1.5, 2 ** 53, 'x', [], {}, [null], [[]], { constructor: 1 }),
  fc.jsonValue({ maxDepth: 2 }),
);

/** Values without which a request hardly ever comes further than its first look-up. */
const leading: Readonly<Record<string, readonly string[]>> = {
  Image: ['img', 'img', 'img', 'nosuch'],
  Container: ['up', 'idle', 'nosuch'],
};

/** A value of a shape, or, now and then, of none. */
function ofShape(shape: Shape): fc.Arbitrary<unknown> {
  const right = (): fc.Arbitrary<unknown> => {
    switch (shape) {
      case 'text':
      case 'line':
      case 'word':
        return words;
      case 'integer':
        return fc.oneof(fc.integer(), fc.constantFrom(0, -1, 2 ** 31, 2 ** 53, -(2 ** 53)));
      case 'boolean':
        return fc.boolean();
      case 'words':
        return fc.oneof(words, fc.array(words, { maxLength: 2 }));
      case 'any':
        return json;
    }
    if ('list' in shape) return fc.array(ofShape(shape.list), { maxLength: 2 });
    if ('map' in shape) return fc.dictionary(words, ofShape(shape.map), { maxKeys: 2 });
    const fields = Object.entries(shape.fields).map(
      ([name, one]) =>
        [
          name,
          () => (leading[name] === undefined ? ofShape(one) : fc.constantFrom(...leading[name])),
        ] as const,
    );
    // A few fields of many: with all of them, hardly a request would come far.
    return fc
      .subarray(fields, { maxLength: Math.min(4, fields.length) })
      .map((some) => [...new Set([...some, ...fields.filter(([name]) => leading[name] !== undefined)])])
      .chain((some) => fc.record(Object.fromEntries(some.map(([name, value]) => [name, value()]))));
  };
  return fc.oneof({ weight: 12, arbitrary: right() }, { weight: 1, arbitrary: json });
}

const queryOf = (shape: QueryShape = {}): fc.Arbitrary<string> =>
  fc
    .array(fc.tuple(fc.constantFrom('undeclared', ...Object.keys(shape)), words), { maxLength: 4 })
    .map((pairs) => new URLSearchParams(pairs).toString());

function bodyOf(shape: Shape | 'bytes' | undefined): fc.Arbitrary<string | undefined> {
  const bytes = fc.constantFrom('', 'x', '{', '"x"', '[]', '\0'.repeat(1024), '\x1f\x8b\x08');
  if (shape === undefined || shape === 'bytes') return fc.option(bytes, { nil: undefined });
  return fc.oneof(
    { weight: 8, arbitrary: ofShape(shape).map((value) => JSON.stringify(value)) },
    { weight: 1, arbitrary: bytes },
  );
}

/** Requests to a route with whatever a client could send, right and wrong. */
export function garbageFor(route: Route, existing: Existing): fc.Arbitrary<GarbageRequest> {
  const names = [...route.path.matchAll(/\{(\w+)\*?\}/g)].map(([, name]) => name!);
  const known = existing[route.path.split('/')[1]!] ?? [];
  const segment = fc
    .oneof(fc.constantFrom('nosuch', ...known), words)
    .map((word) => encodeURIComponent(word || 'x'));
  return fc
    .tuple(fc.tuple(...names.map(() => segment)), queryOf(route.query), bodyOf(route.body))
    .map(([segments, query, body]) => {
      let at = 0;
      const path = route.path.replace(/\{\w+\*?\}/g, () => segments[at++]!);
      return { method: route.method, path: `${path}${query === '' ? '' : `?${query}`}`, body };
    });
}
