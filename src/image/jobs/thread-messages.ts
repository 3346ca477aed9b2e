import type { ErrorCode } from '../../error-codes.ts';
import { TcomposeError } from '../../errors.ts';
import type { ArchiveResult, JobResult, JobSpec } from './job-types.ts';

/** Messages to a worker thread; `id` is the job's. */
export type ToWorker =
  | { readonly kind: 'start'; readonly id: number; readonly spec: JobSpec }
  /** The memory of `bytes` is transferred. */
  | { readonly kind: 'bytes'; readonly id: number; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'end'; readonly id: number }
  /** Number of bytes of output that have been used. */
  | { readonly kind: 'used'; readonly id: number; readonly bytes: number }
  | { readonly kind: 'cancel'; readonly id: number };

/** Messages from a worker thread. */
export type FromWorker =
  /** `memory`: a buffer of input, which may be reused. */
  | { readonly kind: 'taken'; readonly id: number; readonly bytes: number; readonly memory?: ArrayBuffer }
  /** The memory of `bytes` is transferred. */
  | { readonly kind: 'output'; readonly id: number; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'warning'; readonly id: number; readonly message: string }
  | { readonly kind: 'done'; readonly id: number; readonly result: JobResult | ArchiveResult }
  | { readonly kind: 'failed'; readonly id: number; readonly error: PlainError };

/** An error in the form that is sent between threads: of our own error class only the fields would arrive. */
export interface PlainError {
  readonly code: string;
  readonly ours: boolean;
  readonly message: string;
  readonly hint?: string;
  /** Of a failed system call: ENOSPC and the like. */
  readonly errnoName?: string;
  readonly stack?: string;
}

export function plainError(error: unknown): PlainError {
  if (error instanceof TcomposeError)
    return {
      ours: true,
      code: error.code,
      message: error.message,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      ...('errnoName' in error && typeof error.errnoName === 'string' ? { errnoName: error.errnoName } : {}),
    };
  const { code = '', message = String(error), stack } = (error ?? {}) as NodeJS.ErrnoException;
  return { ours: false, code: String(code), message, ...(stack === undefined ? {} : { stack }) };
}

export function revivedError({ ours, code, message, hint, errnoName, stack }: PlainError): Error {
  if (ours) {
    const error = new TcomposeError(code as ErrorCode, message, hint === undefined ? {} : { hint });
    return errnoName === undefined ? error : Object.assign(error, { errnoName });
  }
  const error = Object.assign(new Error(message), { code });
  if (stack !== undefined) error.stack = stack;
  return error;
}
