import type { ErrorResponse } from './api/common.ts';

/** Body of every answer with a status of 400 or more; Docker's has only `message`. */
export interface ErrorBody extends ErrorResponse {
  /** One of error-codes.ts, if the engine foresaw the error. */
  readonly code?: string;
  /** What to do next; also at the end of `message`. */
  readonly hint?: string;
}

/** Adds a hint to a message, in parentheses at the end, for API clients that read only `message`. */
export function withHint(message: string, hint: string | undefined): string {
  return hint === undefined ? message : `${message} ${sentence(hint)}`;
}

/** The message of an answer that also has its hint separately: the inverse of withHint. */
export function withoutHint(message: string, hint: string | undefined): string {
  const tail = hint === undefined ? '' : ` ${sentence(hint)}`;
  return tail !== '' && message.endsWith(tail) ? message.slice(0, -tail.length) : message;
}

const sentence = (hint: string): string => `(${hint.replace(/\.$/, '')})`;
