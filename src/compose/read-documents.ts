import { TcomposeError } from '../errors.ts';
import { copyTree, interpolate } from './interpolate.ts';
import { type Layer, LayeredPositions } from './layers.ts';
import type { LoadRun } from './load-run.ts';
import { throwCollected } from './problems.ts';
import { isMap, kindOf, own, type Tree, type TreeMap } from './tree.ts';
import type { Source } from './yaml/read-source.ts';
import { type Removal, splitMarks } from './yaml/split-marks.ts';

/** One YAML document of a compose file, interpolated, with what it removes from the files before it. */
export interface ComposeDocument {
  /** Shares nothing with anything else. */
  readonly tree: TreeMap;
  readonly removals: readonly Removal[];
  readonly layer: Layer;
  readonly positions: LayeredPositions;
}

/**
 * The documents of a file, empty ones left out, one at a time.
 * @throws TcomposeError(s) for a document that isn't a mapping, and for every faulty variable reference in it.
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
    yield { tree: replaceVariables(tree, positions, run), removals: unmarked.removals, layer, positions };
  }
}

function replaceVariables(tree: TreeMap, positions: LayeredPositions, run: LoadRun): TreeMap {
  if (run.options.noInterpolate === true) return copyTree(tree) as TreeMap;
  const result = interpolate(tree, {
    lookup: (name) => own(run.environment, name),
    names: () => Object.keys(run.environment),
    positions,
    warn: run.warn,
    warned: run.warned,
  });
  throwCollected(result.errors);
  return result.tree as TreeMap;
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
