/** `file:line:column` of a key in a JSON text: each name of `path` is searched for after the previous one. */
export function placeOfKey(file: string, text: string, path: readonly string[]): string {
  let at = 0;
  for (const name of path) {
    const found = text.indexOf(JSON.stringify(name), at);
    if (found < 0) break;
    at = found;
  }
  return placeAt(file, text, at);
}

/** `file:line:column` where a text is no longer valid JSON: JSON.parse does not always report it. */
export function placeOfSyntaxError(file: string, text: string): string {
  return placeAt(file, text, syntaxErrorOffset(text));
}

/** RFC 8259, the tokens that don't contain others. */
const scalar =
  /"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

function syntaxErrorOffset(text: string): number {
  let at = 0;
  const space = (): void => {
    while (/[ \t\r\n]/.test(text[at] ?? '')) at++;
  };
  const take = (character: string): boolean => {
    space();
    if (text[at] !== character) return false;
    at++;
    return true;
  };
  const token = (): boolean => {
    space();
    scalar.lastIndex = at;
    const match = scalar.exec(text);
    if (match !== null) at = scalar.lastIndex;
    return match !== null;
  };
  const listed = (end: string, entry: () => boolean): boolean => {
    if (take(end)) return true;
    do if (!entry()) return false;
    while (take(','));
    return take(end);
  };
  const member = (): boolean => {
    space();
    return text[at] === '"' && token() && take(':') && value();
  };
  const value = (): boolean => {
    if (take('{')) return listed('}', member);
    return take('[') ? listed(']', value) : token();
  };
  value();
  space();
  return at;
}

function placeAt(file: string, text: string, offset: number): string {
  const before = text.slice(0, offset).split('\n');
  return `${file}:${before.length}:${(before.at(-1)?.length ?? 0) + 1}`;
}
