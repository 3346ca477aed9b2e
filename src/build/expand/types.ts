/** Values of variables by name. */
export interface Environment {
  get(name: string): string | undefined;
}

/** What a lexer leaves as it is; everything is processed by default. */
export interface ExpandOptions {
  /** The escape character of the Dockerfile; default `\`. */
  readonly escapeToken?: string;
  /** Keep quotes in the result. */
  readonly rawQuotes?: boolean;
  /** Keep escape characters in the result. */
  readonly rawEscapes?: boolean;
  /** Leave references to unset variables as they are written. */
  readonly skipUnsetEnv?: boolean;
  /** Quotes are ordinary characters, as in the contents of heredocs. */
  readonly skipProcessQuotes?: boolean;
}
