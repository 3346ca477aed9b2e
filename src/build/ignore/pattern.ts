import { globTokens, literalSource, tokenSource } from './glob.ts';

/** How a pattern is matched: most need no regular expression. */
export type Matching =
  | { readonly kind: 'exact' }
  | { readonly kind: 'prefix'; readonly prefix: string }
  | { readonly kind: 'suffix'; readonly suffix: string }
  | { readonly kind: 'expression'; readonly source: string; readonly expression: RegExp };

/**
 * Compiles a normalised pattern: `*` and `?` don't match a slash, `**` matches any number of directories, including
 * none.
 * @throws GlobError
 */
export function compilePattern(pattern: string): Matching {
  globTokens(pattern);
  const chars = [...pattern];
  let kind: Matching['kind'] = 'exact';
  let source = '^';
  for (let at = 0; at < chars.length; at++) {
    const char = chars[at]!;
    const start = at;
    if (char === '*' && chars[at + 1] === '*') {
      at++;
      if (chars[at + 1] === '/') at++;
      if (at + 1 === chars.length) {
        kind = kind === 'exact' ? 'prefix' : 'expression';
        source += '.*';
      } else {
        kind = 'expression';
        source += '(.*/)?';
      }
      if (start === 0) kind = 'suffix';
    } else if ('*?[\\'.includes(char)) {
      const end = char === '[' ? endOfClass(chars, at) : char === '\\' ? at + 1 : at;
      source += tokenSource(globTokens(chars.slice(at, end + 1).join(''))[0]!);
      at = end;
      kind = 'expression';
    } else source += char === '/' ? '/' : literalSource(char);
  }
  if (kind === 'exact') return { kind };
  if (kind === 'prefix') return { kind, prefix: pattern.slice(0, -2) };
  if (kind === 'suffix') return { kind, suffix: pattern.slice(2) };
  source += '$';
  return { kind, source, expression: new RegExp(source, 'su') };
}

/** Position where the bracket that opens at `start` closes, in a well-formed pattern. */
function endOfClass(chars: readonly string[], start: number): number {
  let at = start + 1;
  if (chars[at] === '^') at++;
  for (let first = true; chars[at] !== ']' || first; at++, first = false) if (chars[at] === '\\') at++;
  return at;
}

/** Whether a compiled pattern matches this path itself; the caller handles parents. */
export function matches(pattern: string, matching: Matching, path: string): boolean {
  switch (matching.kind) {
    case 'exact':
      return path === pattern;
    case 'prefix':
      return path.startsWith(matching.prefix);
    case 'suffix':
      return (
        path.endsWith(matching.suffix) ||
        (matching.suffix.startsWith('/') && path === matching.suffix.slice(1))
      );
    case 'expression':
      return matching.expression.test(path);
  }
}
