import { TcomposeError, TcomposeErrors } from '../../errors.ts';
import { maxProblems, pathOfProblem, sameMistake, throwCollected } from '../problems.ts';
import { isMap, type TreeMap, type TreePath } from '../tree.ts';

/**
 * The mistakes of one load, collected over its phases and reported together. A faulty attribute is removed from the
 * tree, the phases continue with the rest, and mistakes that are caused by the removal are not reported.
 */
export class Mistakes {
  readonly #errors: TcomposeError[] = [];

  /** Adds what a phase found, each mistake once, without consequences of mistakes that earlier phases found. */
  add(errors: readonly TcomposeError[]): void {
    const earlier = [...this.#errors];
    for (const error of errors) {
      if (this.#errors.length === maxProblems) return;
      if (this.#errors.some((known) => sameMistake(known, error))) continue;
      if (!earlier.some((known) => explains(known, error))) this.#errors.push(error);
    }
  }

  /** Adds what a phase found and removes the faulty attributes from the trees. */
  takeOut(errors: readonly TcomposeError[], ...trees: readonly TreeMap[]): void {
    this.add(errors);
    for (const error of errors) {
      const path = pathOfProblem(error);
      if (path !== undefined) for (const tree of trees) clear(tree, path);
    }
  }

  /** @throws TcomposeError(s) when there is anything wrong. */
  throwAll(): void {
    throwCollected(this.#errors);
  }
}

/** The errors that were thrown; anything that is not an error for users is rethrown. */
export function errorsIn(thrown: unknown): readonly TcomposeError[] {
  if (thrown instanceof TcomposeErrors) return thrown.errors;
  if (thrown instanceof TcomposeError) return [thrown];
  throw thrown;
}

/** Number of steps to an attribute of a service or resource: `services`, its name, the attribute. */
const toAttribute = 3;

/** Empties the entry of a section, or removes the attribute or the top-level key, that contains the path. */
function clear(tree: TreeMap, path: TreePath): void {
  const [section, name, attribute] = path.map(String);
  if (section === undefined) return;
  const entries = tree[section];
  if (name === undefined || !isMap(entries)) delete tree[section];
  else if (!Object.hasOwn(entries, name)) return;
  else {
    const entry = entries[name] ?? null;
    if (attribute !== undefined && isMap(entry)) delete entry[attribute];
    else entries[name] = {};
  }
}

/**
 * Whether a later error may only be a consequence of an earlier one: it is about the same attribute, about something
 * that contains or is inside the earlier one's node, or about a name that a misspelled or malformed section would
 * define.
 */
function explains(earlier: TcomposeError, later: TcomposeError): boolean {
  const [known, path] = [pathOfProblem(earlier), pathOfProblem(later)];
  if (known === undefined || path === undefined) return false;
  if (later.code === 'COMPOSE_UNDEFINED' && known.length === 1) return true;
  const depth = Math.min(known.length, path.length, toAttribute);
  return known.slice(0, depth).every((step, index) => step === path[index]);
}
