import { refuse } from './refuse.ts';

/** Throws unless a value has the required form; `at` is its place, for the message. An absent value is always accepted. */
export type Shape = (value: unknown, at: string) => void;

function simple(what: string, holds: (value: unknown) => boolean): Shape {
  return (value, at) => {
    if (value !== undefined && !holds(value)) throw refuse(at, `is ${shown(value)}, not ${what}`);
  };
}

function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

/** A string that can be passed to the kernel. */
export const text = simple(
  'a text without NUL',
  (value) => typeof value === 'string' && !value.includes('\0'),
);
/** An integer, also a negative one. */
export const whole = simple('a whole number', Number.isSafeInteger);
/** A user, group or the like: an unsigned 32-bit number. */
export const id = simple(
  'a number from 0 to 4294967295',
  (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 0xffff_ffff,
);
export const flag = simple('true or false', (value) => typeof value === 'boolean');
/** A number of any size: limits beyond 2⁵³ lose low bits, which don't matter. */
export const amount = simple('a number', (value) => typeof value === 'number');

export function listOf(item: Shape): Shape {
  return (value, at) => {
    if (value === undefined) return;
    if (!Array.isArray(value)) throw refuse(at, `is ${shown(value)}, not a list`);
    for (const [index, one] of value.entries()) {
      if (one === undefined) throw refuse(`${at}[${index}]`, 'is missing');
      item(one, `${at}[${index}]`);
    }
  };
}

/** An object with any keys. */
export function mapOf(item: Shape): Shape {
  return (value, at) => {
    if (value === undefined) return;
    for (const [name, one] of Object.entries(objectAt(value, at))) item(one, `${at}.${name}`);
  };
}

/** An object; keys that are not in `fields` are ignored, those in `needed` must exist. */
export function record(fields: Readonly<Record<string, Shape>>, needed: readonly string[] = []): Shape {
  return (value, at) => {
    if (value === undefined) return;
    const object = objectAt(value, at);
    const place = (name: string): string => (at === '' ? name : `${at}.${name}`);
    for (const name of needed) if (object[name] === undefined) throw refuse(place(name), 'is missing');
    for (const [name, shape] of Object.entries(fields)) shape(object[name], place(name));
  };
}

function objectAt(value: unknown, at: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw refuse(at || 'config.json', `is ${shown(value)}, not an object`);
  return value as Readonly<Record<string, unknown>>;
}
