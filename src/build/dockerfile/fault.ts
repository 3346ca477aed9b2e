import type { ErrorCode } from '../../error-codes.ts';
import { TcomposeError } from '../../errors.ts';
import type { LineRange } from './node.ts';

/** The Dockerfile that a message refers to. */
export interface SourceText {
  /** Name for messages. */
  readonly file: string;
  readonly lines: readonly string[];
}

/** An error about some lines of a Dockerfile. */
export function faultAt(
  source: SourceText,
  range: LineRange,
  message: string,
  code: ErrorCode = 'BUILD_DOCKERFILE',
  hint?: string,
): TcomposeError {
  const sourceLine = source.lines[range.start - 1];
  const column = (sourceLine?.search(/\S/) ?? 0) + 1;
  return new TcomposeError(code, message, {
    where: {
      file: source.file,
      line: range.start,
      endLine: range.end,
      column: Math.max(1, column),
      ...(sourceLine === undefined ? {} : { sourceLine }),
    },
    ...(hint === undefined ? {} : { hint }),
  });
}

/** An error about a Dockerfile as a whole. */
export const fault = (message: string, hint?: string): TcomposeError =>
  new TcomposeError('BUILD_DOCKERFILE', message, hint === undefined ? {} : { hint });

/** Runs `work`; an error of this project that has no place gets that of `range`. */
export function placed<T>(source: SourceText, range: LineRange, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof TcomposeError && error.where === undefined)
      throw faultAt(source, range, error.message, error.code, error.hint);
    throw error;
  }
}
