import { badParameter } from './http/failure.ts';
import { parseExactTime, parseTimeFilter } from './time-text.ts';

/** Decoded `filters` parameter: key → values, any of which may match; all keys must match. */
export type Filters = ReadonlyMap<string, readonly string[]>;

/**
 * Decodes Docker's two forms, `{"label": ["a=b"]}` and the older `{"label": {"a=b": true}}`, and refuses keys that the
 * endpoint does not know (400, as dockerd).
 */
export function parseFilters(text: string | null, known: readonly string[]): Filters {
  const filters = new Map<string, readonly string[]>();
  if (text === null || text === '') return filters;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw badParameter(`invalid filter: not JSON: ${text}`);
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw badParameter('invalid filter: must be an object of lists');
  }
  for (const [key, entry] of Object.entries(value)) {
    if (!known.includes(key))
      throw badParameter(`invalid filter '${key}'`, `known here: ${known.join(', ')}`);
    const values = filterValues(key, entry);
    if (values.length > 0) filters.set(key, values);
  }
  return filters;
}

function filterValues(key: string, entry: unknown): string[] {
  if (Array.isArray(entry) && entry.every((one): one is string => typeof one === 'string')) return entry;
  if (entry === null || typeof entry !== 'object' || Array.isArray(entry)) {
    throw badParameter(`invalid filter '${key}': its value must be a list of words`);
  }
  return Object.entries(entry)
    .filter(([, on]) => on === true)
    .map(([one]) => one);
}

/** A yes/no filter (`true`, `1`, `false`, `0`); undefined when not given. Throws 400 for anything else. */
export function yesOrNo(filters: Filters, key: string): boolean | undefined {
  const values = filters.get(key);
  if (values === undefined) return undefined;
  const yes = values.some((value) => value === 'true' || value === '1');
  const no = values.some((value) => value === 'false' || value === '0');
  if (yes === no)
    throw badParameter(`invalid filter '${key}=[${values.join(' ')}]'`, 'it must be true or false');
  return yes;
}

/** Throws 400 when the filter has a value that is not one of `known`. */
export function oneOf(filters: Filters, key: string, known: readonly string[]): void {
  const wrong = filters.get(key)?.find((value) => !known.includes(value));
  if (wrong !== undefined) {
    throw badParameter(`invalid filter '${key}=${wrong}'`, `known here: ${known.join(', ')}`);
  }
}

/** A time in a request (clock.ts, parseTimeFilter) in milliseconds since the epoch; throws 400 for an invalid one. */
export function timeValue(text: string | null | undefined, nowMs: number): number | undefined {
  try {
    return parseTimeFilter(text, nowMs);
  } catch (error) {
    throw badParameter((error as Error).message);
  }
}

/**
 * The meaning of a filter `until`, in milliseconds since the epoch. A blank one is refused, as by Docker: an unset
 * variable must not remove everything.
 * @throws ENGINE_BAD_PARAMETER
 */
export function untilValue(text: string, nowMs: number): number {
  if (text.trim() === '') throw badParameter('the filter until has no value');
  return timeValue(text, nowMs) ?? nowMs;
}

/** Like timeValue, in exact nanoseconds. */
export function exactTimeValue(text: string | null | undefined, nowMs: number): bigint | undefined {
  try {
    return parseExactTime(text, nowMs);
  } catch (error) {
    throw badParameter((error as Error).message);
  }
}

/** True when the key is absent or any value satisfies `test`. */
export function matches(filters: Filters, key: string, test: (value: string) => boolean): boolean {
  const values = filters.get(key);
  return values === undefined || values.some(test);
}

/** `label` filters must all match: `key` or `key=value`. `label!` must all fail. */
export function matchesLabels(filters: Filters, labels: Readonly<Record<string, string>>): boolean {
  const has = (wanted: string): boolean => {
    const at = wanted.indexOf('=');
    return at === -1 ? Object.hasOwn(labels, wanted) : labels[wanted.slice(0, at)] === wanted.slice(at + 1);
  };
  return (filters.get('label') ?? []).every(has) && !(filters.get('label!') ?? []).some(has);
}

/** Docker's name matching: a regular expression searched in the name; one that doesn't compile is taken literally. */
export function nameMatcher(pattern: string): (name: string) => boolean {
  try {
    const expression = new RegExp(pattern);
    return (name) => expression.test(name);
  } catch {
    return (name) => name.includes(pattern);
  }
}

/** API booleans: 1, true, True …; any other value is false. */
export function flag(query: URLSearchParams, name: string, absent = false): boolean {
  const value = query.get(name);
  if (value === null || value === '') return absent;
  return !['0', 'false', 'no', 'none'].includes(value.trim().toLowerCase());
}

/** A required integer parameter; throws 400. */
export function neededInteger(query: URLSearchParams, name: string): number {
  const value = integer(query, name);
  if (value === undefined) throw badParameter(`missing parameter: ${name}`);
  return value;
}

/** An integer parameter; throws 400 when it is not an integer. */
export function integer(query: URLSearchParams, name: string): number | undefined {
  const value = query.get(name);
  if (value === null || value === '') return undefined;
  if (!/^-?\d+$/.test(value)) throw badParameter(`${name} must be a whole number, not "${value}"`);
  return Number(value);
}
