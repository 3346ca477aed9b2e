import type { ErrorCode } from '../../error-codes.ts';
import { TcomposeError, TcomposeErrors } from '../../errors.ts';

/** HTTP status of the codes that mean the client's side; every other error is a 500. */
const statusOfCode: Partial<Record<ErrorCode, number>> = {
  ENGINE_NOT_MODIFIED: 304,
  ENGINE_BAD_PARAMETER: 400,
  ENGINE_NOT_FOUND: 404,
  ENGINE_CONFLICT: 409,
  ENGINE_NOT_IMPLEMENTED: 501,
  IMAGE_ARCHIVE: 400,
  IMAGE_CHANGE: 400,
  IMAGE_AMBIGUOUS: 400,
  RUNTIME_CAPABILITY: 400,
  RUNTIME_SECCOMP: 400,
  RUNTIME_SECURITY_OPT: 400,
  RUNTIME_USER: 400,
  RUNTIME_SYSCTL: 400,
  RUNTIME_ULIMIT: 400,
  RUNTIME_RESOURCES: 400,
  RUNTIME_NAMESPACE: 400,
  RUNTIME_MOUNT: 400,
  RUNTIME_DEVICE: 400,
  RUNTIME_NO_COMMAND: 400,
  RUNTIME_COMMAND: 400,
};

/** Area prefixes and endings that other parts use for the same meanings: `IMAGE_NOT_FOUND`, `NETWORK_INVALID`, … */
const statusOfEnding: readonly (readonly [RegExp, number])[] = [
  [/_(NOT_FOUND|UNKNOWN|MISSING)$/, 404],
  [/_(CONFLICT|IN_USE|EXISTS|TAKEN)$/, 409],
  [/_(INVALID|BAD|BAD_PARAMETER|USAGE|UNSUPPORTED|REFERENCE)$/, 400],
];

export interface Failure {
  readonly status: number;
  readonly message: string;
}

/**
 * What a thrown value becomes on the wire: Docker's `{"message": …}` with a status. A hint is the message's last
 * sentence, so that clients which know nothing of hints show it too.
 */
export function failureOf(error: unknown): Failure {
  if (error instanceof TcomposeErrors) {
    return { status: 400, message: error.errors.map((one) => failureOf(one).message).join('\n') };
  }
  if (error instanceof TcomposeError) {
    const message = error.hint === undefined ? error.message : `${error.message} ${sentence(error.hint)}`;
    return { status: statusOfCode[error.code] ?? statusByEnding(error.code), message };
  }
  const { code, path } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return {
      status: 500,
      message: `no space left on the disk that holds ${path ?? 'the state of the engine'}`,
    };
  }
  return { status: 500, message: error instanceof Error ? error.message : String(error) };
}

function statusByEnding(code: string): number {
  return statusOfEnding.find(([pattern]) => pattern.test(code))?.[1] ?? 500;
}

function sentence(hint: string): string {
  return `(${hint.replace(/[.)]+$/, '')})`;
}

export const badParameter = (message: string, hint?: string): TcomposeError =>
  new TcomposeError('ENGINE_BAD_PARAMETER', message, hint === undefined ? {} : { hint });
export const notFound = (message: string): TcomposeError => new TcomposeError('ENGINE_NOT_FOUND', message);
export const conflict = (message: string, hint?: string): TcomposeError =>
  new TcomposeError('ENGINE_CONFLICT', message, hint === undefined ? {} : { hint });
export const notModified = (message: string): TcomposeError =>
  new TcomposeError('ENGINE_NOT_MODIFIED', message);
export const notImplemented = (message: string): TcomposeError =>
  new TcomposeError('ENGINE_NOT_IMPLEMENTED', message);
