import type { ErrorCode } from './error-codes.ts';

/** A position in a file the user wrote. Lines and columns count from 1; `sourceLine` is the line's text, if known. */
export interface SourcePlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly sourceLine?: string;
  /** The last line, if several are meant. */
  readonly endLine?: number;
}

interface TcomposeErrorOptions {
  /** What to do next, one sentence. */
  readonly hint?: string;
  readonly cause?: unknown;
  readonly where?: SourcePlace;
  /** Process exit code for the CLI; Docker Compose's where it has one. Default 1. */
  readonly exitCode?: number;
}

/**
 * The only error class thrown on purpose. `code` is from the closed table in error-codes.ts, `message` says what
 * failed and why, `hint` what to do next, `where` the place in the user's file.
 */
export class TcomposeError extends Error {
  override readonly name = 'TcomposeError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly where: SourcePlace | undefined;
  readonly exitCode: number;

  constructor(code: ErrorCode, message: string, options: TcomposeErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.where = options.where;
    this.exitCode = options.exitCode ?? 1;
  }
}

/** Several independent errors found in one pass (all mistakes of a compose file, for example), reported together. */
export class TcomposeErrors extends Error {
  override readonly name = 'TcomposeErrors';
  readonly errors: readonly TcomposeError[];

  constructor(errors: readonly TcomposeError[]) {
    super(errors.map((error) => error.message).join('\n'));
    this.errors = errors;
  }

  get exitCode(): number {
    return this.errors[0]?.exitCode ?? 1;
  }
}
