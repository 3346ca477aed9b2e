import { isAbsolute, join, relative } from 'node:path';
import type { BuildEvent, BuildRequest } from '../../engine/api/build.ts';
import { type ErrorCode, errorCodes } from '../../error-codes.ts';
import { type SourcePlace, TcomposeError } from '../../errors.ts';

/** The error that ended a build, from the engine's report. */
export function buildError(
  event: Extract<BuildEvent, { type: 'error' }>,
  service: string,
  where: SourcePlace | undefined,
): TcomposeError {
  const { message, hint, code } = event;
  const known = code in errorCodes ? (code as ErrorCode) : 'BUILD_STEP';
  return new TcomposeError(known, `failed to build ${service}: ${message}`, {
    ...(hint === undefined ? {} : { hint }),
    ...(where === undefined ? {} : { where }),
  });
}

/**
 * A place in a Dockerfile, with the path by which the user would open it from `directory`, in which the command runs.
 * The engine knows only its path in the context.
 */
export function placeForUser(
  where: SourcePlace | undefined,
  { context, dockerfile = 'Dockerfile', dockerfileText }: BuildRequest,
  directory: string,
): SourcePlace | undefined {
  const own = where?.file === dockerfile && dockerfileText === undefined && isAbsolute(context);
  if (!own) return where;
  return {
    ...where,
    file: relative(directory, isAbsolute(dockerfile) ? dockerfile : join(context, dockerfile)),
  };
}

/** The last lines of a failed step's output, between rules, as BuildKit shows them; empty when there are none. */
export function failureOutput({ output }: Extract<BuildEvent, { type: 'error' }>): readonly string[] {
  if (output === undefined) return [];
  return ['------', ` > ${output.name}:`, ...output.lines, '------'];
}

/** Whether a build could not be examined, as opposed to one that failed. */
export const isUnreachable = (error: unknown): error is TcomposeError =>
  error instanceof TcomposeError && (error.code === 'BUILD_CONTEXT' || error.code === 'BUILD_NOT_YET');
