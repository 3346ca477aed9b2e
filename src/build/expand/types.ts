/** Values of variables by name. */
export interface Environment {
  get(name: string): string | undefined;
}

/** What the lexer leaves unchanged; by default everything is processed. */
export interface ExpandOptions {
  /** The Dockerfile's escape character; default `\`. */
  readonly escapeToken?: string;
  /** Keep quotes in the result. */
  readonly rawQuotes?: boolean;
  /** Keep escape characters in the result. */
  readonly rawEscapes?: boolean;
  /** Leave references to unset variables unchanged. */
  readonly skipUnsetEnv?: boolean;
  /** Quotes are ordinary characters, as in the contents of heredocs. */
  readonly skipProcessQuotes?: boolean;
}
