/** What a heredoc begins with: blanks before its name are part of the word. */
const openHeredoc = /^\d*<<-?\s*$/;

/**
 * Splits what a lexer puts out into words: blanks that come from plain text or from a variable separate, blanks that
 * come from quotes or escapes don't. The word in progress is dropped where a substitution with a word of its own begins, as
 * BuildKit does.
 */
export class WordBuffer {
  #word = '';
  #inWord = false;

  /** Begins again, with nothing in progress. */
  reset(): void {
    this.#word = '';
    this.#inWord = false;
  }

  /** Adds text in which blanks separate; words that end are put into `words`. */
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

  /** Ends the word in progress; an empty one is none. */
  finish(words: string[]): void {
    if (this.#word !== '') words.push(this.#word);
    this.reset();
  }
}
