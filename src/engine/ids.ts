import { randomBytes } from 'node:crypto';

/** 64 hex digits; the first twelve are never all decimal digits, which would make an ambiguous host name. */
export function newId(): string {
  for (;;) {
    const id = randomBytes(32).toString('hex');
    if (/[a-f]/.test(id.slice(0, 12))) return id;
  }
}

/** The twelve digits that are displayed. */
export const shortId = (id: string): string => id.replace(/^sha256:/, '').slice(0, 12);

type Resolution<T> =
  | { readonly kind: 'found'; readonly value: T }
  | { readonly kind: 'none' }
  | { readonly kind: 'ambiguous' };

/**
 * Finds by full id, then by name, then by a unique id prefix, which is Docker's order. `name` may have a leading slash.
 */
export function resolve<T>(
  reference: string,
  byId: ReadonlyMap<string, T>,
  byName: (name: string) => T | undefined,
): Resolution<T> {
  const exact = byId.get(reference);
  if (exact !== undefined) return { kind: 'found', value: exact };
  const named = byName(reference.replace(/^\//, ''));
  if (named !== undefined) return { kind: 'found', value: named };
  if (!/^[0-9a-f]+$/.test(reference)) return { kind: 'none' };
  let found: T | undefined;
  for (const [id, value] of byId) {
    if (!id.startsWith(reference)) continue;
    if (found !== undefined) return { kind: 'ambiguous' };
    found = value;
  }
  return found === undefined ? { kind: 'none' } : { kind: 'found', value: found };
}
