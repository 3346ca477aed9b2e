import type { ErrorResponse } from './api/common.ts';

/** Body of every answer with a status of 400 or more; Docker's has `message` only. */
export interface ErrorBody extends ErrorResponse {
  /** One of error-codes.ts, when the engine foresaw the error. */
  readonly code?: string;
  /** What to do next; also the last words of `message`. */
  readonly hint?: string;
}

/**
 * A hint inside a message, for clients of the API that read nothing but `message`: its last words, in parentheses.
 */
export function withHint(message: string, hint: string | undefined): string {
  return hint === undefined ? message : `${message} ${sentence(hint)}`;
}

/** The message of an answer that also carries its hint apart: the inverse of withHint. */
export function withoutHint(message: string, hint: string | undefined): string {
  const tail = hint === undefined ? '' : ` ${sentence(hint)}`;
  return tail !== '' && message.endsWith(tail) ? message.slice(0, -tail.length) : message;
}

const sentence = (hint: string): string => `(${hint.replace(/\.$/, '')})`;
