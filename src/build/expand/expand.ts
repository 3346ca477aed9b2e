import { TcomposeError } from '../../errors.ts';
import { goQuote } from '../go-quote.ts';
import { ExpandError, Lexer } from './lexer.ts';
import type { Environment, ExpandOptions } from './types.ts';

export type { Environment, ExpandOptions } from './types.ts';

/** The text after expansion, the words in it, and the variables that it refers to. */
export interface Expanded {
  readonly result: string;
  readonly words: readonly string[];
  readonly matched: ReadonlySet<string>;
  readonly unmatched: ReadonlySet<string>;
}

/**
 * Expands variables, quotes and escapes in a text of a Dockerfile, by the rules of BuildKit's lexer: `$name`, `${name}`
 * and the forms with `:-`, `-`, `:+`, `+`, `:?`, `?`, `#`, `##`, `%`, `%%`, `/`, `//`.
 * @throws TcomposeError BUILD_EXPANSION `failed to process "<text>": …`, without a place
 */
export function expand(text: string, env: Environment, options: ExpandOptions = {}): Expanded {
  const lexer = new Lexer(text, env, options);
  try {
    const { result, words } = lexer.until(undefined, options.rawEscapes ?? false);
    return { result, words, matched: lexer.matched, unmatched: lexer.unmatched };
  } catch (error) {
    if (!(error instanceof ExpandError)) throw error;
    throw new TcomposeError('BUILD_EXPANSION', `failed to process ${goQuote(text)}: ${error.message}`);
  }
}
