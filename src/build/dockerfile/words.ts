/** What separates words of a Dockerfile. */
export const blanks = /[\t\v\f\r ]+/;

/** A line split into its first word, the flags after it, and the rest. */
export interface SplitLine {
  readonly keyword: string;
  readonly flags: readonly string[];
  readonly rest: string;
}

export function splitLine(line: string, escapeToken: string): SplitLine {
  const text = line.trim();
  const gap = blanks.exec(text);
  if (gap === null) return { keyword: text, flags: [], rest: '' };
  const { flags, rest } = takeFlags(text.slice(gap.index + gap[0].length), escapeToken);
  return { keyword: text.slice(0, gap.index), flags, rest: rest.trim() };
}

/** Leading words that begin with `--`; just `--` ends them. Quotes are removed, an escape keeps the next character. */
function takeFlags(text: string, escapeToken: string): { flags: readonly string[]; rest: string } {
  const flags: string[] = [];
  let at = 0;
  for (;;) {
    while (/\s/u.test(text[at] ?? '')) at++;
    if (!text.startsWith('--', at)) return { flags, rest: text.slice(at) };
    let word = '';
    let quote = '';
    for (; at < text.length; at++) {
      const char = text[at]!;
      if (quote === '' && /\s/u.test(char)) break;
      if (char === escapeToken) word += text[++at] ?? '';
      else if (quote === '' && (char === "'" || char === '"')) quote = char;
      else if (char === quote) quote = '';
      else word += char;
    }
    if (word === '--') return { flags, rest: text.slice(at) };
    flags.push(word);
  }
}

/** Words with their quotes and escapes unchanged; blanks between quotes and after an escape don't separate. */
export function shellWords(text: string, escapeToken: string): readonly string[] {
  const words: string[] = [];
  let word = '';
  let quote = '';
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (quote === '' && /\s/u.test(char)) {
      if (word !== '') words.push(word);
      word = '';
    } else if (char === escapeToken && quote !== "'") {
      if (at + 1 === text.length) break;
      word += char + text[++at]!;
    } else {
      if (quote === '' && (char === "'" || char === '"')) quote = char;
      else if (char === quote) quote = '';
      word += char;
    }
  }
  return word === '' ? words : [...words, word];
}
