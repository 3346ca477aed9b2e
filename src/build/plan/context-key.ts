import { familiarName, parseReference } from '../../image/reference.ts';

/** The key of a named context: its familiar name, without `:latest`. */
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
