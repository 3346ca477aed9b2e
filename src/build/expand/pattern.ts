/** Thrown for an invalid pattern in `${name#p}` or `${name/p/r}`: one that escapes an ordinary character. */
export class PatternError extends Error {}

/** How to turn a pattern into a regular expression. `any` matches one character: Go's `.` matches all except a line feed. */
interface PatternOptions {
  readonly greedy: boolean;
  readonly anchored: boolean;
  readonly any?: string;
}

/**
 * The source of the regular expression for a shell pattern: `*` matches any characters including slashes, `?` one
 * character, a backslash makes `*`, `?` and itself literal and is dropped before `}` and `/`. There are no bracket
 * expressions.
 */
export function patternSource(pattern: string, options: PatternOptions): string {
  const any = options.any ?? '[^\\n]';
  let source = options.anchored ? '^' : '';
  const chars = [...pattern];
  for (let at = 0; at < chars.length; at++) {
    const char = chars[at]!;
    if (char === '*') source += options.greedy ? `${any}*` : `${any}*?`;
    else if (char === '?') source += any;
    else if (char === '\\') {
      const next = chars[at + 1];
      if (next === '}' || next === '/') continue;
      if (next !== '*' && next !== '?' && next !== '\\')
        throw new PatternError(`invalid escape '\\${next ?? '\ufffd'}'`);
      source += `\\${next}`;
      at++;
    } else source += char.replace(/[(){}[\].+|^$]/, '\\$&');
  }
  return source;
}

/** The pattern that matches the reversed text if `pattern` matches the text; an escape stays with its character. */
export function reversePattern(pattern: string): string {
  const chars = [...pattern];
  let out = '';
  for (let at = 0; at < chars.length; at++) {
    const char = chars[at]!;
    const escaped = char === '\\' && at + 1 < chars.length;
    out = (escaped ? char + chars[++at]! : char) + out;
  }
  return out;
}

/** `value` without the shortest or the longest prefix that `pattern` matches. */
export function trimPrefix(value: string, pattern: string, greedy: boolean): string {
  const match = new RegExp(patternSource(pattern, { greedy, anchored: true }), 'u').exec(value);
  return match === null ? value : value.slice(match[0].length);
}

/** `value` without the shortest or the longest suffix that `pattern` matches. */
export function trimSuffix(value: string, pattern: string, greedy: boolean): string {
  const reversed = (text: string) => [...text].reverse().join('');
  return reversed(trimPrefix(reversed(value), reversePattern(pattern), greedy));
}

/** `value` with the first match or every match of `pattern` replaced; for every match the replacement is a Go template. */
export function replacePattern(value: string, pattern: string, replacement: string, all: boolean): string {
  const source = patternSource(pattern, { greedy: true, anchored: false });
  if (!all) return value.replace(new RegExp(source, 'u'), () => replacement);
  let end = -1;
  return value.replace(new RegExp(source, 'gu'), (match: string, ...rest: readonly unknown[]) => {
    const at = rest.find((one) => typeof one === 'number') as number;
    if (match === '' && at === end) return '';
    end = at + match.length;
    return fromTemplate(replacement, match);
  });
}

/** A replacement of Go's regexp package for a pattern without groups: `$0` is the match, other names are empty, `$$` is `$`. */
function fromTemplate(template: string, match: string): string {
  return template.replace(/\$(?:\$|(\w+)|\{(\w+)\})/g, (whole, plain?: string, braced?: string) => {
    if (whole === '$$') return '$';
    return (plain ?? braced) === '0' ? match : '';
  });
}
