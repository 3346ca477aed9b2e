import type { ErrorCode } from '../../error-codes.ts';
import { TcomposeError, TcomposeErrors } from '../../errors.ts';
import { type ErrorBody, withHint } from '../error-body.ts';

/** HTTP status of the codes for errors of the client; every other error is a 500. */
const statusOfCode: Partial<Record<ErrorCode, number>> = {
  ENGINE_NOT_MODIFIED: 304,
  ENGINE_BAD_PARAMETER: 400,
  ENGINE_NOT_FOUND: 404,
  ENGINE_CONFLICT: 409,
  ENGINE_FORBIDDEN: 403,
  ENGINE_NOT_IMPLEMENTED: 501,
  ENGINE_UNAVAILABLE: 503,
  IMAGE_ARCHIVE: 400,
  IMAGE_CHANGE: 400,
  IMAGE_AMBIGUOUS: 400,
  IMAGE_PLATFORM: 400,
  REGISTRY_DENIED: 404,
  REGISTRY_LIMIT: 429,
  NETWORK_ADDRESS_IN_USE: 403,
  NETWORK_OPTION: 400,
  NETWORK_POOL_OVERLAP: 403,
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
  RUNTIME_UNKNOWN: 400,
};

/** Prefixes and suffixes of codes that other parts use with the same meanings: `IMAGE_NOT_FOUND`, `NETWORK_INVALID`, … */
const statusOfEnding: readonly (readonly [RegExp, number])[] = [
  [/_(NOT_FOUND|UNKNOWN|MISSING)$/, 404],
  [/_(CONFLICT|IN_USE|EXISTS|TAKEN)$/, 409],
  [/_(INVALID|BAD|BAD_PARAMETER|USAGE|UNSUPPORTED|REFERENCE)$/, 400],
];

interface Failure {
  readonly status: number;
  readonly body: ErrorBody;
}

/**
 * A thrown value in the form that is sent: Docker's `{"message": …}` with a status, and the hint at the end of the
 * message. Code and hint are also separate fields, for clients that know them.
 */
export function failureOf(error: unknown): Failure {
  if (error instanceof TcomposeErrors) {
    return {
      status: 400,
      body: { message: error.errors.map((one) => failureOf(one).body.message).join('\n') },
    };
  }
  if (error instanceof TcomposeError) {
    const { code, message, hint } = error;
    return {
      status: statusOfCode[code] ?? statusByEnding(code),
      body: { message: withHint(message, hint), code, ...(hint === undefined ? {} : { hint }) },
    };
  }
  const { code, path } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    const what = code === 'ENOSPC' ? 'no space is left on the disk' : 'the disk quota is used up';
    return failureOf(
      new TcomposeError('ENGINE_DISK_FULL', `${what} that holds ${path ?? 'the state of the engine'}`, {
        hint: 'free some space there, or put TCOMPOSE_ROOT on a larger file system',
        cause: error,
      }),
    );
  }
  return { status: 500, body: { message: error instanceof Error ? error.message : String(error) } };
}

function statusByEnding(code: string): number {
  return statusOfEnding.find(([pattern]) => pattern.test(code))?.[1] ?? 500;
}

/** 400. */
export const badParameter = (message: string, hint?: string): TcomposeError =>
  new TcomposeError('ENGINE_BAD_PARAMETER', message, hint === undefined ? {} : { hint });

/** 400 for a request that should have requested another protocol on its connection. */
export const notUpgraded = (protocol: string): TcomposeError =>
  badParameter(`this endpoint answers connections that are upgraded to ${protocol} only`);

/** 404. */
export const notFound = (message: string): TcomposeError => new TcomposeError('ENGINE_NOT_FOUND', message);

/**
 * Does part of a create; if something is not found, the request is at fault (400). Clients take a 404 of create as a
 * missing image, and pull it.
 */
export function findingAll<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof TcomposeError && failureOf(error).status === 404) {
      throw new TcomposeError('ENGINE_BAD_PARAMETER', error.message, {
        ...(error.hint === undefined ? {} : { hint: error.hint }),
        cause: error,
      });
    }
    throw error;
  }
}

/** Does part of a request; the message of an error in it begins with `prefix`, as dockerd's does. */
export function saying<T>(prefix: string, work: () => T): T {
  const said = (error: unknown): never => {
    if (!(error instanceof TcomposeError)) throw error;
    const { code, message, hint, exitCode } = error;
    const rest = { ...(hint === undefined ? {} : { hint }), cause: error, exitCode };
    throw new TcomposeError(code, `${prefix}${message}`, rest);
  };
  try {
    const result = work();
    return result instanceof Promise ? (result.catch(said) as T) : result;
  } catch (error) {
    return said(error);
  }
}

/** 409. */
export const conflict = (message: string, hint?: string): TcomposeError =>
  new TcomposeError('ENGINE_CONFLICT', message, hint === undefined ? {} : { hint });

/** 304: what was requested is already so. */
export const notModified = (message: string): TcomposeError =>
  new TcomposeError('ENGINE_NOT_MODIFIED', message);

/** 403. */
export const forbidden = (message: string): TcomposeError => new TcomposeError('ENGINE_FORBIDDEN', message);

/** 503. */
export const unavailable = (message: string): TcomposeError =>
  new TcomposeError('ENGINE_UNAVAILABLE', message);

/** 501. */
export const notImplemented = (message: string): TcomposeError =>
  new TcomposeError('ENGINE_NOT_IMPLEMENTED', message);
