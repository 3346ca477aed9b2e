import type { SourcePlace, TcomposeError } from '../errors.ts';
import type { Project } from './model/project.ts';
import type { Positions } from './positions.ts';
import type { TreeMap } from './tree.ts';

/**
 * The phases that `load.ts` strings together, in the order it calls them, and who may rely on what. A phase owns the
 * tree it is given: it may change it in place and returns the one to go on with. None of them reads a file.
 *
 * Per file, on the tree merged so far:   validate → canonicalize
 * Once, on the merged canonical tree:     applyDefaults → checkRules → (paths made absolute) → normalize
 *                                         → (profiles) → toModel → checkConsistency → (selection, env files)
 */

/** Something a person should know that doesn't stop the load; shown once each. */
export interface Warning {
  readonly message: string;
  readonly hint?: string;
  readonly where?: SourcePlace;
}

/** validate.ts: every breach of the schema, each with its place; empty when the tree is well formed. */
export type Validate = (tree: TreeMap, positions: Positions) => TcomposeError[];

/**
 * canonicalize.ts: short syntax to long (ports, volumes, depends_on, build, lists and maps, …). The tree is valid.
 * Throws TcomposeError(s) for a value whose short form can't be parsed. Runs once per file merged, so it must leave what is
 * already long alone. With `skipInterpolation` a string that holds `$` is left as it is.
 */
export type Canonicalize = (
  tree: TreeMap,
  positions: Positions,
  options: { readonly skipInterpolation: boolean },
) => TreeMap;

/** defaults.ts: defaults of the specification that `config` prints. */
export type ApplyDefaults = (tree: TreeMap) => TreeMap;

/** rules.ts: logic checks on the canonical tree before paths are resolved (exclusive keys, watch rules, …). */
export type CheckRules = (tree: TreeMap, positions: Positions) => TcomposeError[];

/** normalize.ts: default network, implicit depends_on, names of resources, null args and environment. */
export type Normalize = (
  tree: TreeMap,
  context: { readonly projectName: string; readonly environment: Readonly<Record<string, string>> },
) => TreeMap;

/**
 * to-model.ts: typed values (nanoseconds, bytes, modes); what one machine can't carry out is warned about once. Values that can't
 * be read go to `errors` and are left out of the project; without `errors` they are thrown.
 */
export type ToModel = (
  tree: TreeMap,
  context: Pick<Project, 'name' | 'workingDir' | 'composeFiles' | 'environment' | 'profiles'> & {
    readonly positions: Positions;
    readonly warn: (warning: Warning) => void;
    /** Names of services that profiles leave out; they become `disabledServices`. */
    readonly disabled: ReadonlySet<string>;
    readonly errors?: TcomposeError[];
  },
) => Project;

/** consistency.ts: references that lead nowhere, contradictions between services, cycles. */
export type CheckConsistency = (project: Project, positions: Positions) => TcomposeError[];
