import type { TcomposeError } from '../../errors.ts';
import type { Positions } from '../positions.ts';
import { maxProblems, problem } from '../problems.ts';
import { formatPath, type Tree, type TreePath } from '../tree.ts';
import type { Warning } from '../warning.ts';
import type { Out } from './out.ts';

/** A path to a node, from the node upwards: cheap to extend, and converted to a path only for messages. */
export interface Cursor {
  readonly key: string | number;
  readonly parent: Cursor | undefined;
}

/** The path from the root of the tree to a cursor. */
export function pathOf(cursor: Cursor | undefined): TreePath {
  const path: (string | number)[] = [];
  for (let node = cursor; node !== undefined; node = node.parent) path.unshift(node.key);
  return path;
}

/** Collects errors while a tree is read. */
export interface ReadContext {
  readonly positions: Positions;
  readonly errors: TcomposeError[];
  readonly warn: (warning: Warning) => void;
}

/** Records an error about the node at the cursor: its path, then what is wrong with it. */
export function reject(context: ReadContext, at: Cursor, why: string, hint?: string): undefined {
  if (context.errors.length >= maxProblems) return undefined;
  const path = pathOf(at);
  const options = { part: 'value' as const, ...(hint === undefined ? {} : { hint }) };
  const message = `${formatPath(path)}: ${why}`;
  context.errors.push(problem('COMPOSE_INVALID_VALUE', message, context.positions, path, options));
  return undefined;
}

export type Format = 'yaml' | 'json';

/**
 * How one kind of value gets from the canonical tree into the model, and from the model into `config`'s output. `read`
 * returns undefined for what the file doesn't say, `write` undefined for what the output omits.
 */
export interface Codec {
  readonly read: (node: Tree, at: Cursor, context: ReadContext) => unknown;
  readonly write: (value: unknown, format: Format) => Out | undefined;
}
