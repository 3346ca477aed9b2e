import type { ErrorCode } from '../../error-codes.ts';
import type { TcomposeError } from '../../errors.ts';
import type { Positions } from '../positions.ts';
import { problem } from '../problems.ts';
import type { TreePath } from '../tree.ts';

/** Records an error about the node at `path`; paths are those of the canonical tree. */
export type Report = (code: ErrorCode, path: TreePath, message: string, hint?: string) => void;

/** A `Report` that adds to `errors`, with places from `positions`. */
export const reportTo =
  (errors: TcomposeError[], positions: Positions): Report =>
  (code, path, message, hint) => {
    errors.push(problem(code, message, positions, path, hint === undefined ? {} : { hint }));
  };
