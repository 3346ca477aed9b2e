import { type ErrorCode, errorCodes } from '../../error-codes.ts';
import { TcomposeError } from '../../errors.ts';
import type { ImageProgress } from '../api/image.ts';
import { type ErrorBody, withoutHint } from '../error-body.ts';

/** An engine's answer when it refused a request; kept as the cause of the TcomposeError. */
class ApiFailure extends Error {
  readonly status: number;
  readonly request: string;
  /** The engine's own error code; engines other than ours have none. */
  readonly code: ErrorCode | undefined;

  constructor(status: number, request: string, message: string, code: string | undefined) {
    super(`${request}: ${status} ${message}`);
    this.status = status;
    this.request = request;
    this.code = code !== undefined && Object.hasOwn(errorCodes, code) ? (code as ErrorCode) : undefined;
  }
}

/** The error for a refused request: the engine's own sentence is the message, its hint the hint. */
export function apiError(status: number, request: string, body: string): TcomposeError {
  let message = body.trim();
  let hint: string | undefined;
  let code: string | undefined;
  try {
    const parsed = JSON.parse(body) as Partial<ErrorBody>;
    ({ hint, code } = parsed);
    message = withoutHint(parsed.message ?? message, hint);
  } catch {
    // Not JSON: the text itself is the message.
  }
  if (message === '') message = `the engine answered ${status} to ${request}`;
  return new TcomposeError('ENGINE_API', message, {
    cause: new ApiFailure(status, request, message, code),
    ...(hint === undefined ? {} : { hint }),
  });
}

/** The error in the last line of a failed stream; undefined for other lines. */
export function streamError(line: Pick<ImageProgress, 'error' | 'errorDetail'>): TcomposeError | undefined {
  const { error, errorDetail } = line;
  if (error === undefined) return undefined;
  const { code, hint } = errorDetail?.tcompose ?? {};
  return apiError(200, 'the stream', JSON.stringify({ message: errorDetail?.message ?? error, code, hint }));
}

/** HTTP status of an engine's refusal, undefined for any other error. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof TcomposeError && error.cause instanceof ApiFailure ? error.cause.status : undefined;
}

/** The code with which our engine refused a request, if `error` is such a refusal. */
export const engineCodeOf = (error: unknown): ErrorCode | undefined =>
  error instanceof ApiFailure ? error.code : undefined;

/** Awaits `promise`, turning the engine's answers with one of `statuses` into undefined. */
export async function tolerate<T>(
  promise: Promise<T>,
  ...statuses: readonly number[]
): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    const status = statusOf(error);
    if (status !== undefined && statuses.includes(status)) return undefined;
    throw error;
  }
}

/** An answer that broke off: turns Node's error into ours; other errors stay as they are. */
export function asBrokenAnswer(error: unknown): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (error instanceof TcomposeError || code !== 'ECONNRESET' || message !== 'aborted') return error;
  return new TcomposeError('ENGINE_UNREACHABLE', 'the engine ended while it answered', {
    cause: error,
    hint: 'The request may or may not have been carried out: check, then run the command again. `tcompose engine logs` may say why.',
  });
}

/**
 * Whether a connection broke after the request was sent and before its answer: the engine may have carried it out. A
 * caller that can check whether it did may send it again.
 */
export function isBrokenConnection(error: unknown): boolean {
  if (!(error instanceof TcomposeError) || error.code !== 'ENGINE_UNREACHABLE') return false;
  const code = (error.cause as NodeJS.ErrnoException | undefined)?.code;
  return code === 'ECONNRESET' || code === 'EPIPE';
}
