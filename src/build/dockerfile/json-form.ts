import { fault } from './fault.ts';

/**
 * The strings of a JSON array; undefined when it is not a JSON array.
 * @throws TcomposeError BUILD_DOCKERFILE for an array with anything but strings
 */
export function jsonForm(text: string): readonly string[] | undefined {
  if (!text.trimStart().startsWith('[')) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(value)) return undefined;
  if (value.every((one) => typeof one === 'string')) return value.map(wellFormed);
  throw fault('when using JSON array syntax, arrays must be comprised of strings only');
}

/** Half of a pair of surrogates is no character, and could not be passed on. */
const wellFormed = (text: string): string => text.replace(/\p{Surrogate}/gu, '\ufffd');
