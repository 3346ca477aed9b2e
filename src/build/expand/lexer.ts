import { PatternError, replacePattern, trimPrefix, trimSuffix } from './pattern.ts';
import type { Environment, ExpandOptions } from './types.ts';
import { WordBuffer } from './words.ts';

/** A text of a Dockerfile that can't be expanded. */
export class ExpandError extends Error {}

/** Represents the end of the text in messages, as Go prints it. */
const endOfText = '\ufffd';

/** Walks through one text and expands it. */
export class Lexer {
  readonly matched = new Set<string>();
  readonly unmatched = new Set<string>();
  readonly #chars: readonly string[];
  readonly #env: Environment;
  readonly #options: ExpandOptions;
  readonly #escapeToken: string;
  readonly #buffer = new WordBuffer();
  #at = 0;

  constructor(text: string, env: Environment, options: ExpandOptions) {
    this.#chars = [...text];
    this.#env = env;
    this.#options = options;
    this.#escapeToken = options.escapeToken ?? '\\';
  }

  /** Expands up to `stop`, which is consumed, or up to the end of the text for undefined. */
  until(stop: string | undefined, rawEscapes: boolean): { result: string; words: readonly string[] } {
    const words: string[] = [];
    let result = '';
    this.#buffer.reset();
    for (let char = this.#peek(); char !== undefined; char = this.#peek()) {
      if (char === stop) {
        this.#at++;
        this.#buffer.finish(words);
        return { result, words };
      }
      if (char === '$') {
        const value = this.#dollar(rawEscapes);
        this.#buffer.split(value, words);
        result += value;
      } else if ((char === '"' || char === "'") && this.#options.skipProcessQuotes !== true) {
        const value = char === '"' ? this.#doubleQuoted(rawEscapes) : this.#singleQuoted();
        this.#buffer.keep(value);
        result += value;
      } else result += this.#plain(rawEscapes, words);
    }
    if (stop !== undefined)
      throw new ExpandError(`unexpected end of statement while looking for matching ${stop}`);
    this.#buffer.finish(words);
    return { result, words };
  }

  #peek(): string | undefined {
    return this.#chars[this.#at];
  }

  #next(): string | undefined {
    return this.#chars[this.#at++];
  }

  #plain(rawEscapes: boolean, words: string[]): string {
    const char = this.#next()!;
    if (char !== this.#escapeToken) {
      this.#buffer.split(char, words);
      return char;
    }
    const kept = (rawEscapes ? char : '') + (this.#next() ?? '');
    if (kept !== '') this.#buffer.keep(kept);
    return kept;
  }

  /** Reads a quoted part; the result is what stays in the text. */
  #quote(): string {
    const quote = this.#next()!;
    return this.#options.rawQuotes === true ? quote : '';
  }

  #singleQuoted(): string {
    const quote = this.#quote();
    let text = quote;
    for (let char = this.#next(); char !== "'"; char = this.#next()) {
      if (char === undefined)
        throw new ExpandError('unexpected end of statement while looking for matching single-quote');
      text += char;
    }
    return text + quote;
  }

  #doubleQuoted(rawEscapes: boolean): string {
    const quote = this.#quote();
    let text = quote;
    for (let char = this.#peek(); char !== '"'; char = this.#peek()) {
      if (char === undefined)
        throw new ExpandError('unexpected end of statement while looking for matching double-quote');
      if (char === '$') {
        text += this.#dollar(rawEscapes);
        continue;
      }
      this.#at++;
      if (char !== this.#escapeToken) {
        text += char;
        continue;
      }
      const next = this.#peek();
      if (next === undefined) continue;
      const escapes = next === '"' || next === '$' || next === this.#escapeToken;
      if (!escapes || rawEscapes) text += char;
      if (escapes) text += this.#next()!;
    }
    this.#at++;
    return text + quote;
  }

  #dollar(rawEscapes: boolean): string {
    this.#at++;
    if (this.#peek() === '{') return this.#braced(rawEscapes);
    const name = this.#name();
    return name === '' ? '$' : this.#value(name, `$${name}`);
  }

  /** A variable's value; for an unset one the empty string, or `written` if references to unset variables are kept. */
  #value(name: string, written: string): string {
    return this.#look(name) ?? (this.#options.skipUnsetEnv === true ? written : '');
  }

  #look(name: string): string | undefined {
    const value = this.#env.get(name);
    (value === undefined ? this.unmatched : this.matched).add(name);
    return value;
  }

  /** A name after `$`: letters, digits and `_`; after a first digit only digits; or one of the special characters. */
  #name(): string {
    const first = this.#peek();
    if (first === undefined) return '';
    const wanted = /\p{Nd}/u.test(first) ? /\p{Nd}/u : /[\p{L}\p{Nd}_]/u;
    if (/[@*#?\-$!]/.test(first)) return this.#next()!;
    let name = '';
    for (let char = this.#peek(); char !== undefined && wanted.test(char); char = this.#peek()) {
      name += char;
      this.#at++;
    }
    return name;
  }

  #braced(rawEscapes: boolean): string {
    this.#at++;
    const first = this.#peek();
    if (first === undefined) throw new ExpandError("syntax error: missing '}'");
    if (first === '{' || first === '}' || first === ':')
      throw new ExpandError('syntax error: bad substitution');
    const name = this.#name();
    const modifier = this.#next() ?? endOfText;
    if (modifier === '}') return this.#value(name, `\${${name}}`);
    if (modifier === '/') return this.#replacement(name);
    if (modifier === ':') return this.#conditional(name, `:${this.#next() ?? endOfText}`, rawEscapes);
    if ('+-?'.includes(modifier)) return this.#conditional(name, modifier, rawEscapes);
    if (modifier === '#' || modifier === '%') return this.#trimmed(name, modifier);
    throw unsupported(modifier);
  }

  /** The text up to the closing brace. */
  #word(rawEscapes: boolean): string {
    try {
      return this.until('}', rawEscapes).result;
    } catch (error) {
      if (error instanceof ExpandError && this.#peek() === undefined)
        throw new ExpandError("syntax error: missing '}'");
      throw error;
    }
  }

  #conditional(name: string, modifier: string, rawEscapes: boolean): string {
    const kind = modifier.at(-1)!;
    const colon = modifier.length > 1;
    if (kind === '#' || kind === '%') throw unsupported(modifier);
    const word = this.#word(rawEscapes);
    const value = this.#look(name);
    const present = value !== undefined && !(colon && value === '');
    if (value === undefined && this.#options.skipUnsetEnv === true && '-+?'.includes(kind))
      return `\${${name}${modifier}${word}}`;
    if (kind === '-') return present ? value : word;
    if (kind === '+') return present ? word : '';
    if (kind !== '?') throw unsupported(modifier);
    if (present) return value;
    const state = value === undefined ? 'unset' : 'empty';
    throw new ExpandError(`${name}: ${word === '' ? `is not allowed to be ${state}` : word}`);
  }

  #trimmed(name: string, modifier: '#' | '%'): string {
    const greedy = this.#peek() === modifier;
    if (greedy) this.#at++;
    const pattern = this.#word(true);
    const value = this.#look(name);
    if (value === undefined && this.#options.skipUnsetEnv === true)
      return `\${${name}${greedy ? modifier : ''}${modifier}${pattern}}`;
    const trim = modifier === '#' ? trimPrefix : trimSuffix;
    return inPattern(pattern, () => trim(value ?? '', pattern, greedy));
  }

  #replacement(name: string): string {
    const all = this.#peek() === '/';
    if (all) this.#at++;
    const pattern = this.#patternToReplace();
    const replacement = this.#word(true);
    const value = this.#look(name);
    if (value === undefined && this.#options.skipUnsetEnv === true)
      return `\${${name}${all ? '//' : '/'}${pattern}/${replacement}}`;
    return inPattern(pattern, () => replacePattern(value ?? '', pattern, replacement, all));
  }

  #patternToReplace(): string {
    try {
      return this.until('/', true).result;
    } catch (error) {
      if (error instanceof ExpandError && this.#peek() === undefined)
        throw new ExpandError("syntax error: missing '/' in ${}");
      throw error;
    }
  }
}

const unsupported = (modifier: string): ExpandError =>
  new ExpandError(`unsupported modifier (${modifier}) in substitution`);

function inPattern(pattern: string, work: () => string): string {
  try {
    return work();
  } catch (error) {
    if (error instanceof PatternError)
      throw new ExpandError(`invalid pattern (${pattern}) in substitution: ${error.message}`);
    throw error;
  }
}
