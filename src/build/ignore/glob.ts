/** An invalid pattern: an open bracket, a range without an end, a backslash at the end. */
export class GlobError extends Error {
  constructor() {
    super('syntax error in pattern');
  }
}

/** One part of a pattern: a literal character, a wildcard, or the members of a bracket. */
export type GlobToken =
  | { readonly kind: 'literal'; readonly char: string }
  | { readonly kind: 'star' }
  | { readonly kind: 'any' }
  | {
      readonly kind: 'class';
      readonly negated: boolean;
      readonly ranges: readonly (readonly [string, string])[];
    };

/**
 * Splits a pattern of Go's path.Match: `*`, `?`, `[a-z]`, `[^a]`, a backslash before any character.
 * @throws GlobError
 */
export function globTokens(pattern: string): readonly GlobToken[] {
  const chars = [...pattern];
  const tokens: GlobToken[] = [];
  for (let at = 0; at < chars.length; at++) {
    const char = chars[at]!;
    if (char === '*') tokens.push({ kind: 'star' });
    else if (char === '?') tokens.push({ kind: 'any' });
    else if (char === '\\') {
      const next = chars[++at];
      if (next === undefined) throw new GlobError();
      tokens.push({ kind: 'literal', char: next });
    } else if (char === '[') {
      const { token, end } = readClass(chars, at + 1);
      tokens.push(token);
      at = end;
    } else tokens.push({ kind: 'literal', char });
  }
  return tokens;
}

function readClass(chars: readonly string[], start: number): { token: GlobToken; end: number } {
  let at = start;
  const negated = chars[at] === '^';
  if (negated) at++;
  const ranges: [string, string][] = [];
  const member = (): string => {
    let char = chars[at++];
    if (char === undefined || char === '-' || char === ']') throw new GlobError();
    if (char === '\\') char = chars[at++];
    if (char === undefined || at >= chars.length) throw new GlobError();
    return char;
  };
  while (chars[at] !== ']' || ranges.length === 0) {
    const low = member();
    let high = low;
    if (chars[at] === '-') {
      at++;
      high = member();
    }
    ranges.push([low, high]);
  }
  return { token: { kind: 'class', negated, ranges }, end: at };
}

/** The source of a regular expression that matches one character literally. */
export const literalSource = (char: string): string => char.replace(/[.*+?^${}()|[\]\\/]/, '\\$&');

/** The source of the regular expression for one token; no wildcard matches a slash. */
export function tokenSource(token: GlobToken): string {
  switch (token.kind) {
    case 'literal':
      return literalSource(token.char);
    case 'star':
      return '[^/]*';
    case 'any':
      return '[^/]';
    case 'class': {
      const inner = token.ranges
        .filter(([low, high]) => low <= high)
        .map(([low, high]) => (low === high ? member(low) : `${member(low)}-${member(high)}`))
        .join('');
      if (inner === '') return token.negated ? '[^]' : '[]';
      return `[${token.negated ? '^' : ''}${inner}]`;
    }
  }
}

const member = (char: string): string => char.replace(/[\\\]^-]/, '\\$&');

/** Whether a text contains a wildcard, and so is a pattern and not a plain name. */
export const hasWildcard = (text: string): boolean => /[*?[]/.test(text.replace(/\\./g, ''));

/**
 * An expression that matches what Go's path.Match matches with this pattern.
 * @throws GlobError
 */
export function globExpression(pattern: string): RegExp {
  return new RegExp(`^${globTokens(pattern).map(tokenSource).join('')}$`, 'su');
}
