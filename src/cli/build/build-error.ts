import type { BuildEvent } from '../../engine/api/build.ts';
import { type ErrorCode, errorCodes } from '../../error-codes.ts';
import { TcomposeError } from '../../errors.ts';

/** The error that ended a build, as the engine told it. */
export function buildError(event: Extract<BuildEvent, { type: 'error' }>, service: string): TcomposeError {
  const { message, hint, where, code } = event;
  const known = code in errorCodes ? (code as ErrorCode) : 'BUILD_STEP';
  return new TcomposeError(known, `failed to build ${service}: ${message}`, {
    ...(hint === undefined ? {} : { hint }),
    ...(where === undefined ? {} : { where }),
  });
}

/** The last lines of the output of the step that failed, between rules, as BuildKit shows them; empty when there are none. */
export function failureOutput({ output }: Extract<BuildEvent, { type: 'error' }>): readonly string[] {
  if (output === undefined) return [];
  return ['------', ` > ${output.name}:`, ...output.lines, '------'];
}

/** Whether a build could not be looked at, as against one that failed. */
export const isUnreachable = (error: unknown): error is TcomposeError =>
  error instanceof TcomposeError && (error.code === 'BUILD_CONTEXT' || error.code === 'BUILD_NOT_YET');
