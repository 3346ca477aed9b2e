import type { ErrorCode } from '../../../error-codes.ts';
import { TcomposeError } from '../../../errors.ts';

/** The error for a setting of config.json that is not supported: which one, why, and what to do instead. */
export function refuse(
  field: string,
  why: string,
  hint?: string,
  code: ErrorCode = 'RUNTIME_BUNDLE',
): TcomposeError {
  return new TcomposeError(code, `${field} ${why}`, hint === undefined ? {} : { hint });
}

/** Throws unless `value` is one of `known`; `field` is its place in config.json. */
export function oneOf(field: string, value: unknown, known: readonly string[]): void {
  if (typeof value === 'string' && known.includes(value)) return;
  throw refuse(`${field} is ${JSON.stringify(value)},`, `which is not one of ${known.join(', ')}`);
}
