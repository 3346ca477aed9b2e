/** A value in the JSON of an operation; bigints for numbers that a float can't represent. */
export type GoValue =
  | string
  | number
  | bigint
  | boolean
  | undefined
  | readonly GoValue[]
  | { readonly [name: string]: GoValue };

const escapes: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
};

/** JSON exactly as Go's encoder writes it: members in order, undefined ones omitted, special characters of HTML escaped. */
export function goJson(value: GoValue): string {
  if (typeof value === 'string') return goText(value);
  if (Array.isArray(value)) return `[${value.map(goJson).join(',')}]`;
  if (typeof value !== 'object') return String(value);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return `{${members.map(([name, member]) => `${goText(name)}:${goJson(member)}`).join(',')}}`;
}

const goText = (text: string): string =>
  JSON.stringify(text).replace(/[<>&\u2028\u2029]/g, (found) => escapes[found] ?? found);

/** Omits members that have Go's zero value, like `omitempty`. */
export function filled(members: { readonly [name: string]: GoValue }): { readonly [name: string]: GoValue } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => !isInitial(value)));
}

const isInitial = (value: GoValue): boolean =>
  value === undefined ||
  value === '' ||
  value === 0 ||
  value === 0n ||
  value === false ||
  (Array.isArray(value) && value.length === 0);
