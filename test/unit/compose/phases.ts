import { canonicalize } from '../../../src/compose/canonical/canonicalize.ts';
import { renderConfig } from '../../../src/compose/config/render.ts';
import { checkConsistency } from '../../../src/compose/consistency/consistency.ts';
import type { Project } from '../../../src/compose/model/project.ts';
import { applyDefaults } from '../../../src/compose/normalize/defaults.ts';
import { normalize } from '../../../src/compose/normalize/normalize.ts';
import { noPositions } from '../../../src/compose/positions.ts';
import { toModel } from '../../../src/compose/to-model.ts';
import type { TreeMap } from '../../../src/compose/tree.ts';
import { checkRules } from '../../../src/compose/validate/rules.ts';
import { validate } from '../../../src/compose/validate/validate.ts';
import { checkVariableNames } from '../../../src/compose/validate/variable-names.ts';
import { TcomposeError, TcomposeErrors } from '../../../src/errors.ts';

export interface PhaseResult {
  readonly project: Project;
  readonly warnings: readonly string[];
}

/** Throws what a phase reports. */
function must(errors: readonly TcomposeError[]): void {
  if (errors.length > 0) throw new TcomposeErrors(errors);
}

/** The phases from `validate` to `checkConsistency` over one tree, without files, paths and environment files. */
export function loadTree(
  given: TreeMap,
  options: { normalize?: boolean; consistency?: boolean } = {},
): PhaseResult {
  const warnings: string[] = [];
  let tree = structuredClone(given);
  must(validate(tree, noPositions));
  tree = applyDefaults(canonicalize(tree, noPositions, { skipInterpolation: false }));
  must(checkRules(tree, noPositions));
  must(checkVariableNames(tree, noPositions));
  const environment = { FROM_ENV: 'env' };
  if (options.normalize ?? true) tree = normalize(tree, { projectName: 'p', environment });
  const project = toModel(tree, {
    name: 'p',
    workingDir: '/w',
    composeFiles: ['/w/compose.yaml'],
    environment,
    profiles: [],
    positions: noPositions,
    warn: (warning) => warnings.push(warning.message),
    disabled: new Set(),
  });
  if (options.consistency ?? true) must(checkConsistency(project, noPositions));
  return { project, warnings };
}

/** Messages of what `run` throws; empty when it throws nothing. */
export function messagesOf(run: () => unknown): string[] {
  try {
    run();
    return [];
  } catch (error) {
    if (error instanceof TcomposeErrors) return error.errors.map((each) => each.message);
    if (error instanceof TcomposeError) return [error.message];
    throw error;
  }
}

/** The YAML of one service as `config` prints it, without the indent. */
export function serviceYaml(service: TreeMap, rest: TreeMap = {}): string {
  const { project } = loadTree(
    { services: { web: service }, ...rest },
    { normalize: false, consistency: false },
  );
  const yaml = renderConfig(project, { format: 'yaml' });
  const lines = yaml.split('\n');
  const start = lines.indexOf('  web:') + 1;
  const end = lines.findIndex((line, index) => index >= start && !line.startsWith('    '));
  return lines
    .slice(start, end)
    .map((line) => line.slice(4))
    .join('\n');
}
