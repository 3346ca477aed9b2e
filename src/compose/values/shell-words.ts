const escapes: Readonly<Record<string, string>> = { t: '\t', n: '\n' };

interface ShellWords {
  readonly words: readonly string[];
  /** The shell operator at which the words end; what follows it is no part of the command. */
  readonly operator?: string;
}

/**
 * Splits a command line into words as Docker Compose does: blanks separate; single quotes keep everything, double quotes keep
 * blanks; a backslash takes the next character as it is, also inside double quotes, but `\t` is a tab and `\n` a line feed;
 * backquotes and `$(…)` are kept literally as one word; an unquoted `; & | < >` ends the command. No variables, no globs. Returns a sentence for a quote
 * that is not closed, a trailing backslash or a stray parenthesis.
 */
export function splitShellWords(line: string): ShellWords | { readonly error: string } {
  const words: string[] = [];
  let word = '';
  let begun = false;
  let quote: '' | "'" | '"' | '`' | ')' = '';
  const finish = () => {
    if (begun) words.push(word);
    word = '';
    begun = false;
  };
  for (let index = 0; index < line.length; index += 1) {
    const char = line.charAt(index);
    if (char === '\\' && quote !== "'") {
      index += 1;
      if (index === line.length) return { error: 'a backslash at the end takes nothing' };
      const taken = line.charAt(index);
      word += quote === '`' || quote === ')' ? `\\${taken}` : (escapes[taken] ?? taken);
      begun = true;
    } else if (quote === "'" || quote === '"') {
      if (char === quote) quote = '';
      else word += char;
    } else if (quote === '`' || quote === ')') {
      if (char === '(' && quote === ')') return { error: '"(" needs quotes' };
      word += char;
      if (char === quote) quote = '';
    } else if (char === "'" || char === '"') {
      quote = char;
      begun = true;
    } else if (char === '`') {
      quote = char;
      word += char;
      begun = true;
    } else if (char === '(') {
      if (!word.endsWith('$')) return { error: `"(" needs quotes` };
      quote = ')';
      word += char;
    } else if (char === ')') {
      return { error: '")" needs quotes' };
    } else if (char === ' ' || char === '\t' || char === '\r' || char === '\n') {
      finish();
    } else if (';&|<>'.includes(char)) {
      if (char === '>' && /^[0-9]+$/.test(word)) begun = false;
      finish();
      return { words, operator: /^(?:&&|\|\||>>|<<|.)/.exec(line.slice(index))?.[0] ?? char };
    } else {
      word += char;
      begun = true;
    }
  }
  if (quote !== '') return { error: quote === ')' ? '"$(" is not closed' : `${quote} is not closed` };
  finish();
  return { words };
}
