import type { TcomposeError } from '../../errors.ts';
import { nearest } from '../../nearest.ts';
import { type PathTable, stepInto } from '../normalize/path-table.ts';
import type { Positions } from '../positions.ts';
import { maxProblems, problem } from '../problems.ts';
import { formatPath, type Tree, type TreeMap, type TreePath } from '../tree.ts';
import type { Warning } from '../warning.ts';
import { type Cast, castScalar, castTable } from './casts.ts';
import { InvalidTemplate, substitute, type VariableUse, variablesOf } from './template.ts';

interface InterpolateOptions {
  readonly lookup: (name: string) => string | undefined;
  /** Names that are set, for "did you mean". */
  readonly names: () => Iterable<string>;
  readonly positions: Positions;
  readonly warn: (warning: Warning) => void;
  /** Variables with a warning already: each gets one warning in a load. */
  readonly warned: Set<string>;
}

interface Interpolated {
  readonly tree: Tree;
  readonly errors: readonly TcomposeError[];
}

interface Run extends InterpolateOptions {
  readonly path: (string | number)[];
  readonly errors: TcomposeError[];
}

/**
 * Replaces variables in every string value of a document (never in keys) and converts the strings in typed places. The
 * result shares nothing with the input, so that it may be changed. All mistakes are collected.
 */
export function interpolate(tree: Tree, options: InterpolateOptions): Interpolated {
  const run: Run = { ...options, path: [], errors: [] };
  return { tree: walk(tree, castTable, run), errors: run.errors };
}

/** A copy of a document that shares nothing with it, for when interpolation is turned off. */
export function copyTree(tree: Tree): Tree {
  if (Array.isArray(tree)) return tree.map(copyTree);
  if (typeof tree !== 'object' || tree === null) return tree;
  const copy: TreeMap = {};
  for (const key in tree) copy[key] = copyTree(tree[key] as Tree);
  return copy;
}

/** Every variable that the values of a document refer to, in the order of their first use. */
export function variablesIn(tree: Tree, found: VariableUse[] = []): VariableUse[] {
  if (typeof tree === 'string') {
    if (tree.includes('$')) found.push(...variablesOf(tree));
  } else if (typeof tree === 'object' && tree !== null) {
    for (const value of Object.values(tree)) variablesIn(value, found);
  }
  return found;
}

function walk(node: Tree, casts: PathTable<Cast> | undefined, run: Run): Tree {
  if (typeof node === 'string') return scalar(node, casts, run);
  if (typeof node !== 'object' || node === null) return node;
  const { path } = run;
  if (Array.isArray(node)) {
    const list: Tree[] = [];
    for (let index = 0; index < node.length; index += 1) {
      path.push(index);
      list.push(walk(node[index] as Tree, stepInto(casts, index), run));
      path.pop();
    }
    return list;
  }
  const map: TreeMap = {};
  for (const key in node) {
    path.push(key);
    map[key] = walk(node[key] as Tree, stepInto(casts, key), run);
    path.pop();
  }
  return map;
}

/** How a value of the type is written. */
function castHint(cast: Cast, text: string, path: TreePath): string {
  const limits = /^(-?\d+):(-?\d+)$/.exec(text);
  if (limits !== null && path.includes('ulimits')) return `Write {soft: ${limits[1]}, hard: ${limits[2]}}.`;
  if (cast === 'boolean') return 'Write true or false.';
  return cast === 'integer' ? 'Write digits alone, such as 10.' : 'A number has no unit: 0.5, 2.';
}

function scalar(template: string, casts: PathTable<Cast> | undefined, run: Run): Tree {
  const text = template.includes('$') ? replaced(template, run) : template;
  const cast = casts?.rule;
  if (cast === undefined || text === undefined) return text ?? template;
  const result = castScalar(text, cast);
  if ('error' in result) {
    if (run.errors.length >= maxProblems) return template;
    const hint =
      text !== template
        ? `"${shortened(template)}" gave this value; set the variable or give it a default.`
        : castHint(cast, text, run.path);
    run.errors.push(
      problem(
        'COMPOSE_INVALID_VALUE',
        `${formatPath(run.path)}: ${result.error}`,
        run.positions,
        [...run.path],
        {
          part: 'value',
          hint,
        },
      ),
    );
    return template;
  }
  if (result.old === true) {
    const where = run.positions.place([...run.path], 'value');
    run.warn({
      message: `${formatPath(run.path)}: "${text}" is read as ${result.value}; in YAML 1.2 only true and false are booleans`,
      ...(where === undefined ? {} : { where }),
    });
  }
  return result.value;
}

function replaced(template: string, run: Run): string | undefined {
  try {
    return substitute(template, { lookup: run.lookup, onUnset: (name) => warnUnset(name, run) });
  } catch (error) {
    if (!(error instanceof InvalidTemplate)) throw error;
    if (run.errors.length < maxProblems) run.errors.push(invalid(error, template, run));
    return undefined;
  }
}

function invalid(error: InvalidTemplate, template: string, run: Run): TcomposeError {
  const at = formatPath(run.path);
  if (error.kind === 'required') {
    return problem(
      'COMPOSE_VARIABLE_REQUIRED',
      `error while interpolating ${at}: ${error.message}`,
      run.positions,
      [...run.path],
      { part: 'value', hint: `Set ${error.variable} in the environment or in the .env file.` },
    );
  }
  return problem(
    'COMPOSE_INTERPOLATION',
    `invalid interpolation format for ${at}.\nYou may need to escape any $ with another $.\n${shortened(template)}`,
    run.positions,
    [...run.path],
    { part: 'value', hint: 'A variable is $NAME or ${NAME}; a literal dollar sign is $$.' },
  );
}

/** A text in the form in which messages quote it. */
const shortened = (text: string): string => (text.length > 200 ? `${text.slice(0, 200)}…` : text);

function warnUnset(name: string, run: Run): void {
  if (run.warned.has(name)) return;
  run.warned.add(name);
  const where = run.positions.place([...run.path], 'value');
  const near = nearest(name, run.names());
  const hint = near === undefined ? undefined : `Did you mean "${near}"?`;
  run.warn({
    message: `The "${name}" variable is not set. Defaulting to a blank string.`,
    ...(where === undefined ? {} : { where }),
    ...(hint === undefined ? {} : { hint }),
  });
}
