/** Whether a value is true in Go's templates: not empty, not zero. Pure. */
export function isTrue(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}

/** A value in the form of Go's fmt: `[a b]`, `map[a:1 b:2]`. A missing value alone is `<no value>`. Pure. */
export function goText(value: unknown): string {
  return value === null || value === undefined ? '<no value>' : inner(value);
}

function inner(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(inner).join(' ')}]`;
  if (typeof value === 'object')
    return `map[${Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, one]) => `${key}:${inner(one)}`)
      .join(' ')}]`;
  return String(value);
}

/** The name that Go has for a value's type. Pure. */
export function goType(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return '[]string';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float64';
  return { string: 'string', boolean: 'bool' }[typeof value as string] ?? 'map[string]interface {}';
}

/** Values one after the other as Go's fmt.Sprint has them: a space between two of which neither is a text. Pure. */
export const goPrint = (values: readonly unknown[]): string =>
  values
    .map((value, index) => {
      const apart = index > 0 && typeof value !== 'string' && typeof values[index - 1] !== 'string';
      return `${apart ? ' ' : ''}${inner(value)}`;
    })
    .join('');

/** The same with a space between all, and a line's end. Pure. */
export const goPrintln = (values: readonly unknown[]): string => `${values.map(inner).join(' ')}\n`;
