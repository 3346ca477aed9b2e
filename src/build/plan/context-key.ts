import { familiarName, parseReference } from '../../image/reference.ts';

/** The name by which a named context is found: familiar, without `:latest`. */
export function contextKey(name: string): string {
  try {
    const reference = parseReference(name);
    const { tag } = reference;
    return tag === undefined || tag === 'latest'
      ? familiarName(reference)
      : `${familiarName(reference)}:${tag}`;
  } catch {
    return name;
  }
}
