/**
 * Index of the first item of a list that equals an earlier one, or undefined. Equality is JSON Schema's: same type and
 * value, mappings regardless of the order of their keys. Linear in the size of the list; called by the compiled schema.
 */
export function firstDuplicate(items: readonly unknown[]): number | undefined {
  if (items.length < 2) return undefined;
  const seen = new Set<unknown>();
  for (let index = 0; index < items.length; index += 1) {
    const item = items[index];
    const identity = typeof item === 'object' && item !== null ? `\0${stable(item)}` : item;
    if (seen.has(identity)) return index;
    seen.add(identity);
  }
  return undefined;
}

/** JSON with sorted keys. */
function stable(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(stable).join(',')}]`;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${entries.map(([key, entry]) => `${JSON.stringify(key)}:${stable(entry)}`).join(',')}}`;
}
