import { badParameter } from './failure.ts';

/**
 * What a field of a request's body may be. Absent and null are always allowed, because Go clients send null for what
 * they leave out; except for elements of lists, and for fields that a shape requires.
 */
export type Shape =
  | Text
  | 'integer'
  | 'boolean'
  /** A list of texts, or a single text for a list of one. */
  | 'words'
  /** The value is never read. */
  | 'any'
  | { readonly list: Shape }
  /** `keys` says what its names may contain; default: as a text. */
  | { readonly map: Shape; readonly keys?: Text }
  | { readonly fields: Readonly<Record<string, Shape>>; readonly needed?: readonly string[] };

/**
 * What a string may contain, depending on its use. A `text` is an argument, a variable, a path or a label: anything but
 * NUL, at which the kernel would see its end. A `line` becomes part of a file of lines, an option or a setting: no
 * control character except the tab. A `word` is one of several in a line of such a file: no white space either.
 */
type Text = 'text' | 'line' | 'word';

const refusals: Readonly<Record<Text, readonly [forbidden: RegExp, sentence: string]>> = {
  text: [/\0/, 'must not contain a NUL character'],
  line: [/[\0-\x08\x0a-\x1f\x7f]/, 'must not contain line breaks or other control characters'],
  word: [/[\0-\x20\x7f]|\s/, 'must not contain white space or control characters'],
};

/**
 * Returns the body as the type it claims to be, or throws 400 naming the first field that has the wrong type or
 * contains invalid characters: otherwise they would be noticed only deep inside the engine, in a file that then has
 * another meaning, or by the next engine that loads the record. Unknown fields are accepted. `of` precedes the
 * sentence.
 */
export function shaped<T>(body: unknown, shape: Shape, of = ''): T {
  const fault = faultIn(body, shape, '');
  if (fault !== undefined) throw badParameter(`${of}${fault}`);
  return body as T;
}

function faultIn(value: unknown, shape: Shape, path: string): string | undefined {
  if (value === null || value === undefined || shape === 'any') return undefined;
  const wrong = (wanted: string): string => `${path || 'the request'} must be ${wanted}, not ${kind(value)}`;
  switch (shape) {
    case 'text':
    case 'line':
    case 'word':
      return typeof value === 'string' ? refusal(value, shape, path) : wrong('a string');
    case 'boolean':
      return typeof value === 'boolean' ? undefined : wrong('true or false');
    case 'integer':
      return Number.isInteger(value) ? undefined : wrong('a whole number');
    case 'words':
      return faultIn(value, typeof value === 'string' ? 'text' : { list: 'text' }, path);
  }
  if ('list' in shape) {
    if (!Array.isArray(value)) return wrong('a list');
    const hole = value.findIndex((one) => one === null || one === undefined);
    if (hole !== -1) return `${path}[${hole}] must not be null`;
    return firstFault(value.entries(), (index) => `${path}[${index}]`, shape.list);
  }
  if (typeof value !== 'object' || Array.isArray(value)) return wrong('an object');
  const below = (name: string | number): string => (path === '' ? String(name) : `${path}.${name}`);
  if ('map' in shape) {
    for (const name of Object.keys(value)) {
      const fault = refusal(name, shape.keys ?? 'text', `a name in ${path}`);
      if (fault !== undefined) return fault;
    }
    return firstFault(Object.entries(value), below, shape.map);
  }
  for (const name of shape.needed ?? [])
    if (((value as Record<string, unknown>)[name] ?? undefined) === undefined)
      return `${below(name)} is missing`;
  for (const [name, field] of Object.entries(shape.fields)) {
    const fault = faultIn((value as Record<string, unknown>)[name], field, below(name));
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function refusal(value: string, text: Text, path: string): string | undefined {
  const [forbidden, sentence] = refusals[text];
  return forbidden.test(value) ? `${path} ${sentence}: ${JSON.stringify(value)}` : undefined;
}

function firstFault(
  entries: Iterable<readonly [string | number, unknown]>,
  pathOf: (name: string | number) => string,
  shape: Shape,
): string | undefined {
  for (const [name, value] of entries) {
    const fault = faultIn(value, shape, pathOf(name));
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function kind(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  return JSON.stringify(value);
}
