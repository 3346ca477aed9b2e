import type { TcomposeError } from '../../errors.ts';
import { type PathTable, stepInto } from '../normalize/path-table.ts';
import type { Positions } from '../positions.ts';
import { problem } from '../problems.ts';
import { formatPath, isList, isMap, kindOf, own, type Tree, type TreeMap, type TreePath } from '../tree.ts';
import { type GeneralMerge, type MergeRule, mergeTable } from './rules.ts';

interface Run {
  readonly path: (string | number)[];
  readonly positions: Positions;
}

/**
 * Merges a compose tree over another: mappings key by key, lists appended, scalars replaced; a null override keeps the
 * base, and the attributes of `mergeTable` have their own rules. `base` is changed in place and neither input may be
 * used afterwards.
 * @param positions places of the overriding file.
 * @throws TcomposeError COMPOSE_MERGE when a value has a different kind than the base's.
 */
export function mergeTrees(base: TreeMap, override: TreeMap, positions: Positions): TreeMap {
  return mergeMappings(base, override, mergeTable, { path: [], positions });
}

/** Merges two values of the node at `path` by the same rules, as needed for extending services. */
export function mergeAt(path: TreePath, base: Tree, override: Tree, positions: Positions): Tree {
  let table: PathTable<MergeRule> | undefined = mergeTable;
  for (const step of path) table = stepInto(table, step);
  return mergeValues(base, override, table, { path: [...path], positions });
}

function mergeMappings(
  base: TreeMap,
  override: TreeMap,
  table: PathTable<MergeRule> | undefined,
  run: Run,
): TreeMap {
  for (const key in override) {
    const value = override[key] as Tree;
    const known = own(base, key);
    if (known === undefined) {
      base[key] = value;
    } else {
      run.path.push(key);
      base[key] = mergeValues(known, value, stepInto(table, key), run);
      run.path.pop();
    }
  }
  return base;
}

function mergeValues(base: Tree, override: Tree, table: PathTable<MergeRule> | undefined, run: Run): Tree {
  const rule = table?.rule;
  if (rule === undefined) return mergeByDefault(base, override, table, run);
  const general: GeneralMerge = {
    mappings: (one, other) => mergeMappings(one, other, undefined, run),
    values: (one, other) => mergeByDefault(one, other, table, run),
  };
  return rule(base, override, general);
}

function mergeByDefault(base: Tree, override: Tree, table: PathTable<MergeRule> | undefined, run: Run): Tree {
  if (override === null) return base;
  if (isMap(base)) {
    if (!isMap(override)) throw contradiction(base, override, run);
    return mergeMappings(base, override, table, run);
  }
  if (isList(base)) {
    if (!isList(override)) throw contradiction(base, override, run);
    for (const item of override) base.push(item);
    return base;
  }
  return override;
}

function contradiction(base: Tree, override: Tree, run: Run): TcomposeError {
  return problem(
    'COMPOSE_MERGE',
    `cannot override ${formatPath(run.path)}: it is ${kindOf(base)} in the file before, ${kindOf(override)} here`,
    run.positions,
    [...run.path],
    { hint: 'Write it in the same form, or put !override in front of the value to replace the earlier one.' },
  );
}
