/** Sentences one after the other, each with its end; `undefined` among them is left out. */
export function sentences(parts: readonly (string | undefined)[]): string {
  const there = parts.filter((part): part is string => part !== undefined && part !== '');
  return there
    .map((part, at) => (at < there.length - 1 && !/[.!?]$/.test(part) ? `${part}.` : part))
    .join(' ');
}
