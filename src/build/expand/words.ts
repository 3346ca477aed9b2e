/** Beginning of a heredoc: blanks before its name are part of the word. */
const openHeredoc = /^\d*<<-?\s*$/;

/**
 * Splits a lexer's output into words: blanks from plain text or from a variable separate, blanks from quotes or escapes
 * don't. The word in progress is dropped where a substitution with a word of its own begins, as in BuildKit.
 */
export class WordBuffer {
  #word = '';
  #inWord = false;

  /** Starts again, with no word in progress. */
  reset(): void {
    this.#word = '';
    this.#inWord = false;
  }

  /** Adds text in which blanks separate words; completed words are added to `words`. */
  split(text: string, words: string[]): void {
    for (const char of text)
      if (!/\s/u.test(char) || openHeredoc.test(this.#word)) this.keep(char);
      else if (this.#inWord) this.finish(words);
  }

  /** Adds text in which blanks are part of the word. */
  keep(text: string): void {
    this.#word += text;
    this.#inWord = true;
  }

  /** Ends the word in progress, unless it is empty. */
  finish(words: string[]): void {
    if (this.#word !== '') words.push(this.#word);
    this.reset();
  }
}
