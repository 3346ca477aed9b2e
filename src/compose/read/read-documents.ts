import { TcomposeError } from '../../errors.ts';
import { type Layer, LayeredPositions } from '../assemble/layers.ts';
import { copyTree, interpolate } from '../interpolate/interpolate.ts';
import type { LoadRun } from '../load-run.ts';
import { isMap, kindOf, own, type Tree, type TreeMap } from '../tree.ts';
import { type Removal, type Source, splitMarks } from '../yaml/index.ts';

/** One YAML document of a compose file, interpolated, with what it removes from earlier files. */
export interface ComposeDocument {
  /** Shares nothing with other trees. */
  readonly tree: TreeMap;
  readonly removals: readonly Removal[];
  readonly layer: Layer;
  readonly positions: LayeredPositions;
  /** Faulty variable references and conversions in it; their values were left unchanged. */
  readonly errors: readonly TcomposeError[];
}

/**
 * The documents of a file, one at a time, without empty ones.
 * @throws TcomposeError for a document that isn't a mapping.
 */
export function* readDocuments(source: Source, run: LoadRun): Generator<ComposeDocument> {
  for (const [document, { value, marked }] of source.stream.documents.entries()) {
    if (value === null) continue;
    const unmarked = marked ? splitMarks(value) : { tree: value as Tree, removals: [] };
    const layer: Layer = { source, document, from: [], to: [] };
    const positions = new LayeredPositions();
    positions.add(layer);
    const { tree } = unmarked;
    if (tree === null) continue;
    if (!isMap(tree)) throw notAMapping(source, tree, positions);
    yield { ...replaceVariables(tree, positions, run), removals: unmarked.removals, layer, positions };
  }
}

function replaceVariables(
  tree: TreeMap,
  positions: LayeredPositions,
  run: LoadRun,
): Pick<ComposeDocument, 'tree' | 'errors'> {
  if (run.options.noInterpolate === true) return { tree: copyTree(tree) as TreeMap, errors: [] };
  const result = interpolate(tree, {
    lookup: (name) => own(run.environment, name),
    names: () => Object.keys(run.environment),
    positions,
    warn: run.warn,
    warned: run.warned,
  });
  return { tree: result.tree as TreeMap, errors: result.errors };
}

function notAMapping(source: Source, tree: Tree, positions: LayeredPositions): TcomposeError {
  const where = positions.place([]);
  return new TcomposeError(
    'COMPOSE_TYPE',
    `${source.file}: the top level must be a mapping, it is ${kindOf(tree)}`,
    {
      hint: 'A compose file begins with keys such as services:.',
      ...(where === undefined ? {} : { where }),
    },
  );
}
