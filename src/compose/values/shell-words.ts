const escapes: Readonly<Record<string, string>> = { t: '\t', n: '\n' };

interface ShellWords {
  readonly words: readonly string[];
  /** The shell operator that ends the words; what follows it is not part of the command. */
  readonly operator?: string;
}

/**
 * Splits a command line into words like Docker Compose: blanks separate; single quotes keep everything, double quotes
 * keep blanks; a backslash keeps the next character, also inside double quotes, but `\t` is a tab and `\n` a line feed;
 * backquotes and `$(…)` keep blanks and stay; an unquoted `; & | < >` ends the command. No variables, no globs. Returns
 * a sentence for an unclosed quote, a trailing backslash or a stray parenthesis.
 */
export function splitShellWords(line: string): ShellWords | { readonly error: string } {
  const words: string[] = [];
  let word = '';
  let begun = false;
  const open = { "'": false, '"': false, '`': false, ')': false };
  let stray = false;
  const finish = () => {
    if (begun) words.push(word);
    word = '';
    begun = false;
  };
  for (let index = 0; index < line.length; index += 1) {
    const char = line.charAt(index);
    const quoted = open["'"] || open['"'];
    if (char === '\\' && !open["'"]) {
      index += 1;
      if (index === line.length) return { error: 'a backslash at the end takes nothing' };
      const taken = line.charAt(index);
      word += escapes[taken] ?? taken;
      begun = true;
      continue;
    }
    if (/[ \t\r\n]/.test(char)) {
      if (quoted || open['`'] || open[')']) word += char;
      else finish();
      continue;
    }
    if ((char === '"' && !open["'"] && !open[')']) || (char === "'" && !open['"'] && !open[')'])) {
      open[char] = !open[char];
      begun = true;
      continue;
    }
    if (char === '`' && !quoted && !open[')']) open['`'] = !open['`'];
    else if (char === '(' && !quoted && !open['`']) {
      if (open[')'] || !word.endsWith('$')) return { error: '"(" needs quotes' };
      open[')'] = true;
    } else if (char === ')' && !quoted && !open['`']) {
      stray ||= !open[')'];
      open[')'] = !open[')'];
    } else if (/[;&|<>]/.test(char) && !quoted && !open['`'] && !open[')']) {
      // The digits of `2>` are not a word, and Docker Compose treats any word before a `>` like that if it begins with
      // a digit.
      if (char === '>' && /^[0-9]/.test(word)) begun = false;
      finish();
      return { words, operator: /^(?:&&|\|\||>>|<<|.)/.exec(line.slice(index))?.[0] ?? char };
    }
    word += char;
    begun = true;
  }
  const unclosed = (["'", '"', '`', ')'] as const).find((mark) => open[mark]);
  if (unclosed === ')') return { error: stray ? '")" needs quotes' : '"$(" is not closed' };
  if (unclosed !== undefined) return { error: `${unclosed} is not closed` };
  finish();
  return { words };
}
