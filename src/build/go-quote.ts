/**
 * Text in double quotes in the form of Go's `%q`, as in BuildKit's messages and history entries. `\a \b \f
 *  \r \t \v` have short forms; other unprintable characters are `\x`, `\u` or `\U` escapes.
 */
export function goQuote(text: string): string {
  let out = '"';
  for (const char of text) out += quotedChar(char);
  return `${out}"`;
}

/** A list of texts in the form of `%q`: `["a" "b"]`. */
export const goQuoteList = (texts: readonly string[]): string => `[${texts.map(goQuote).join(' ')}]`;

const short: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

function quotedChar(char: string): string {
  const known = short[char];
  if (known !== undefined) return known;
  const code = char.codePointAt(0)!;
  if (code < 0x20 || code === 0x7f) return `\\x${code.toString(16).padStart(2, '0')}`;
  if (code < 0x7f || /[\p{L}\p{M}\p{N}\p{P}\p{S}]/u.test(char)) return char;
  return code < 0x10000
    ? `\\u${code.toString(16).padStart(4, '0')}`
    : `\\U${code.toString(16).padStart(8, '0')}`;
}
