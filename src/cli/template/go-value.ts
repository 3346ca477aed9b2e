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
