/** Go's filepath.Match for names without slashes: `*`, `?`, `[a-z]`, `[^a]`, backslash escapes. */
export function globMatch(pattern: string, name: string): boolean {
  if (!/[*?[\\]/.test(pattern)) return pattern === name;
  let source = '';
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at]!;
    if (char === '*') source += '[^/]*';
    else if (char === '?') source += '[^/]';
    else if (char === '\\' && at + 1 < pattern.length) source += literal(pattern[++at]!);
    else if (char === '[') {
      const end = pattern.indexOf(']', at + 2);
      if (end < 0) return false;
      source += `[${pattern.slice(at + 1, end).replace(/\\/g, '\\\\')}]`;
      at = end;
    } else source += literal(char);
  }
  return new RegExp(`^${source}$`).test(name);
}

const literal = (char: string) => char.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
