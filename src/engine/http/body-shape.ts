import { badParameter } from './failure.ts';

/**
 * What a field of a request's body may be. Absent and null are always allowed: Go's clients send null for what they
 * leave out.
 */
export type Shape =
  | 'string'
  | 'integer'
  | 'boolean'
  /** A list of strings, or one string that stands for a list of one. */
  | 'words'
  /** Nothing is read of it. */
  | 'any'
  | { readonly list: Shape }
  | { readonly map: Shape }
  | { readonly fields: Readonly<Record<string, Shape>> };

/**
 * Gives the body back as the type it claims to be, or throws 400 naming the first field that is of another kind: wrong
 * kinds would else be met deep inside the engine, or by the next one that loads the record. Unknown fields pass.
 */
export function shaped<T>(body: unknown, shape: Shape): T {
  const fault = faultIn(body, shape, '');
  if (fault !== undefined) throw badParameter(fault);
  return body as T;
}

function faultIn(value: unknown, shape: Shape, path: string): string | undefined {
  if (value === null || value === undefined || shape === 'any') return undefined;
  const wrong = (wanted: string): string => `${path || 'the request'} must be ${wanted}, not ${kind(value)}`;
  switch (shape) {
    case 'string':
      return typeof value === 'string' ? undefined : wrong('a string');
    case 'boolean':
      return typeof value === 'boolean' ? undefined : wrong('true or false');
    case 'integer':
      return Number.isInteger(value) ? undefined : wrong('a whole number');
    case 'words':
      return typeof value === 'string' ? undefined : faultIn(value, { list: 'string' }, path);
  }
  if ('list' in shape) {
    if (!Array.isArray(value)) return wrong('a list');
    return firstFault(value.entries(), (index) => `${path}[${index}]`, shape.list);
  }
  if (typeof value !== 'object' || Array.isArray(value)) return wrong('an object');
  const below = (name: string | number): string => (path === '' ? String(name) : `${path}.${name}`);
  if ('map' in shape) return firstFault(Object.entries(value), below, shape.map);
  for (const [name, field] of Object.entries(shape.fields)) {
    const fault = faultIn((value as Record<string, unknown>)[name], field, below(name));
    if (fault !== undefined) return fault;
  }
  return undefined;
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
