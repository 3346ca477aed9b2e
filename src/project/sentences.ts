/** Sentences one after the other, each with its final period; `undefined` is skipped. */
export function sentences(parts: readonly (string | undefined)[]): string {
  const there = parts.filter((part): part is string => part !== undefined && part !== '');
  return there
    .map((part, at) => (at < there.length - 1 && !/[.!?]$/.test(part) ? `${part}.` : part))
    .join(' ');
}
