import type { ErrorCode } from '../error-codes.ts';
import { TcomposeError, TcomposeErrors } from '../errors.ts';
import type { Positions } from './positions.ts';
import type { TreePath } from './tree.ts';

interface ProblemOptions {
  readonly hint?: string;
  /** Point to the value rather than to its key. */
  readonly part?: 'key' | 'value';
}

/** An error about the node at `path`, with its place in the user's file if known. */
export function problem(
  code: ErrorCode,
  message: string,
  positions: Positions,
  path: TreePath,
  options: ProblemOptions = {},
): TcomposeError {
  const where = positions.place(path, options.part);
  const error = new TcomposeError(code, message, {
    ...(options.hint === undefined ? {} : { hint: options.hint }),
    ...(where === undefined ? {} : { where }),
  });
  paths.set(error, path);
  return error;
}

const paths = new WeakMap<TcomposeError, TreePath>();

/** The path of the node that an error from `problem` is about; undefined for other errors. */
export const pathOfProblem = (error: TcomposeError): TreePath | undefined => paths.get(error);

/** Most errors in one report: beyond that they repeat themselves, and each requires looking up its place. */
export const maxProblems = 100;

/**
 * Whether two errors are the same mistake: a faulty value that reaches several services through an alias or an extends
 * is in one place in the user's file.
 */
export function sameMistake(a: TcomposeError, b: TcomposeError): boolean {
  if (a.where === undefined || b.where === undefined) return false;
  const place = ({ where }: TcomposeError) => `${where?.file}:${where?.line}:${where?.column}`;
  if (a.code !== b.code || a.hint !== b.hint || place(a) !== place(b)) return false;
  // Without a hint, only the text after the path distinguishes mistakes in one place.
  const said = ({ message }: TcomposeError) => message.replace(/^\S+/, '');
  return a.hint !== undefined || said(a) === said(b);
}

/** Errors in the order of the user's file, followed by those without a place. */
export function inFileOrder(errors: readonly TcomposeError[]): TcomposeError[] {
  return [...errors].sort((a, b) => {
    if (a.where === undefined || b.where === undefined) return a.where === b.where ? 0 : a.where ? -1 : 1;
    if (a.where.file !== b.where.file) return 0;
    return a.where.line - b.where.line || a.where.column - b.where.column;
  });
}

/** Throws what was collected: a single error itself, several together; does nothing if there are none. */
export function throwCollected(errors: readonly TcomposeError[]): void {
  if (errors.length === 1) throw errors[0];
  if (errors.length > 1) throw new TcomposeErrors(inFileOrder(errors));
}
