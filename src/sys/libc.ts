import koffi from 'koffi';
import { errnoName } from '../errno.ts';
import { TcomposeError } from '../errors.ts';

/**
 * The C library of this process. Every foreign function of the engine is declared through `declare` here or in a
 * neighbour file of this folder; nothing outside `src/sys` sees koffi.
 */
const libc = koffi.load(null);

/** An argument of a foreign function: numbers, 64-bit integers, bytes (passed by address, not copied) or NULL. */
type ForeignArgument = number | bigint | Uint8Array | null;
type ForeignFunction = (...args: ForeignArgument[]) => number;

/** A C function by its prototype in C syntax; 64-bit results come back as (safe-integer) numbers. */
export function declare(prototype: string): ForeignFunction {
  const foreign = libc.func(prototype);
  return (...args) => Number(foreign(...args));
}

/**
 * The same function, run on a thread of the worker pool, for calls that may take milliseconds (deleting a bridge,
 * syncfs). errno belongs to that thread, so only the result is known.
 */
export function declareAsync(prototype: string): (...args: ForeignArgument[]) => Promise<number> {
  const foreign = libc.func(prototype);
  return (...args) =>
    new Promise((resolve, reject) => {
      foreign.async(...args, (error: unknown, result: number | bigint) =>
        error ? reject(error) : resolve(Number(result)),
      );
    });
}

/** errno of the last foreign call on this thread. */
export const errno = (): number => koffi.errno();

/** An error that keeps the errno number, so that callers can tell ENOENT from EPERM. */
export class SystemCallError extends TcomposeError {
  readonly errno: number;
  readonly errnoName: string;

  constructor(call: string, number: number) {
    super('SYS_CALL_FAILED', `${call}: ${errnoName(number)}`);
    this.errno = number;
    this.errnoName = errnoName(number);
  }
}

/** Returns the result, or throws the error that errno names when the result is negative. */
export function check(result: number, call: string): number {
  if (result < 0) throw new SystemCallError(call, errno());
  return result;
}

/** syscall(2) with three integer arguments: the numbers used here are the same on x64 and arm64. */
export const syscall3 = declare('long syscall(long number, long a, long b, long c)');
