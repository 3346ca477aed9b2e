import { basename, dirname, relative, resolve } from 'node:path';
import type { TcomposeError } from '../../errors.ts';
import { nearest } from '../../nearest.ts';
import { canonicalize } from '../canonical/canonicalize.ts';
import { copyTree } from '../interpolate/interpolate.ts';
import type { LoadRun } from '../load-run.ts';
import { mergeAt, mergeTrees } from '../merge/merge.ts';
import { applyRemovals } from '../merge/remove.ts';
import { enforceUnicity } from '../merge/unicity.ts';
import { expandHome, resolvePaths } from '../normalize/paths.ts';
import { problem, throwCollected } from '../problems.ts';
import { readDocuments } from '../read/read-documents.ts';
import { isMap, own, ownMap, type Tree, type TreeMap, type TreePath } from '../tree.ts';
import type { Extended, ExtendScope } from './extend-scope.ts';
import { fetchedAt } from './fetched-at.ts';
import { type Layer, LayeredPositions } from './layers.ts';

/** Longest chain of services that extend each other, and how many of them, the nearest, are searched for places. */
const maxChain = 100;
const keptLayers = 10;

interface Step {
  readonly file: string;
  readonly service: string;
}

/**
 * Replaces every service that extends another by the merge of the two, base first. Returns layers that say where the
 * inherited parts were written. Paths in services from other files become relative to the project directory.
 * @throws TcomposeError COMPOSE_EXTENDS for a missing service or file, or a cycle.
 */
export async function extendServices(scope: ExtendScope, run: LoadRun): Promise<readonly Layer[]> {
  const inherited: Layer[] = [];
  for (const name of Object.keys(scope.services)) {
    const service = own(scope.services, name);
    if (!isMap(service) || own(service, 'extends') === undefined) continue;
    const extended = await resolveService(name, scope, [], run);
    scope.services[name] = extended.service;
    inherited.push(...extended.layers.map((layer) => ({ ...layer, to: ['services', name] })));
  }
  return inherited;
}

async function resolveService(
  name: string,
  scope: ExtendScope,
  chain: readonly Step[],
  run: LoadRun,
): Promise<Extended> {
  const known = scope.done.get(name);
  if (known !== undefined) return known;
  const service = own(scope.services, name) ?? own(scope.earlier ?? {}, name) ?? null;
  const path: TreePath = ['services', name];
  const ownLayers = layersAt(scope.positions, path);
  const target = isMap(service) ? own(service, 'extends') : undefined;
  if (!isMap(service) || target === undefined || target === null)
    return { service, layers: ownLayers, depth: 0 };
  const steps = [...chain, { file: scope.file, service: name }];
  if (chain.some((step) => step.file === scope.file && step.service === name))
    throw circle(steps, scope, path);
  const { reference, baseScope } = await baseOf(target, name, scope, run);
  if (
    own(baseScope.services, reference) === undefined &&
    own(baseScope.earlier ?? {}, reference) === undefined
  ) {
    throw missing(name, reference, scope, baseScope);
  }
  if (steps.length > maxChain) throw tooLong(scope, path);
  const base = await resolveService(reference, baseScope, steps, run);
  if (base.depth >= maxChain) throw tooLong(scope, path);
  const inherited: TreeMap = { services: { [name]: copyTree(base.service) ?? {} } };
  applyRemovals(
    inherited,
    scope.removals.filter((removal) => isBelow(removal.path, path)),
    () => [],
  );
  const merged = mergeAt(
    path,
    ownMap(inherited, 'services')?.[name] ?? {},
    copyTree(service),
    scope.positions,
  );
  if (isMap(merged)) delete merged.extends;
  const extended: Extended = {
    service: merged,
    layers: [...base.layers, ...ownLayers].slice(-keptLayers),
    depth: base.depth + 1,
  };
  scope.done.set(name, extended);
  return extended;
}

function isBelow(path: TreePath, top: TreePath): boolean {
  return path.length > top.length && top.every((step, index) => path[index] === step);
}

/** The layers of a scope, restricted to a path. */
function layersAt(positions: LayeredPositions, path: TreePath): Layer[] {
  return positions
    .all()
    .filter((layer) => layer.to.length === 0)
    .map((layer) => ({ ...layer, from: [...layer.from, ...path], to: path }));
}

async function baseOf(
  target: Tree,
  name: string,
  scope: ExtendScope,
  run: LoadRun,
): Promise<{ reference: string; baseScope: ExtendScope }> {
  const path: TreePath = ['services', name, 'extends'];
  const reference = isMap(target) ? own(target, 'service') : target;
  const file = isMap(target) ? (own(target, 'file') ?? null) : null;
  if (typeof reference !== 'string' || (file !== null && typeof file !== 'string')) {
    throw problem(
      'COMPOSE_EXTENDS',
      `services.${name}.extends must be a service name, or have service and file`,
      scope.positions,
      path,
      {
        hint: 'For example extends: {file: common.yaml, service: base}.',
      },
    );
  }
  if (file === null) return { reference, baseScope: scope };
  const fetched = await fetchedAt(file, run, scope.positions, [...path, 'file']);
  const absolute = fetched ?? resolve(scope.directory, expandHome(file, run.effects.home));
  if ((await run.effects.kind(absolute)) !== 'file') {
    throw problem(
      'COMPOSE_EXTENDS',
      `cannot extend service "${name}": ${absolute} not found`,
      scope.positions,
      [...path, 'file'],
      {
        part: 'value',
        hint: 'The path is relative to the directory of this file.',
      },
    );
  }
  return { reference, baseScope: await extendedFile(absolute, run) };
}

/** The services of another file, canonical, with paths relative to the project directory; read once for each load. */
function extendedFile(file: string, run: LoadRun): Promise<ExtendScope> {
  const known = run.extendedFiles.get(file);
  if (known !== undefined) return known;
  const reading = readExtendedFile(file, run);
  run.extendedFiles.set(file, reading);
  return reading;
}

async function readExtendedFile(file: string, run: LoadRun): Promise<ExtendScope> {
  const positions = new LayeredPositions();
  let tree: TreeMap = {};
  const source = await run.read(file);
  throwCollected(source.mistakes);
  for (const document of readDocuments(source, run)) {
    throwCollected(document.errors);
    applyRemovals(tree, document.removals, () => []);
    tree = enforceUnicity(mergeTrees(tree, document.tree, document.positions));
    positions.add(document.layer);
  }
  const directory = dirname(file);
  const canonical = canonicalize({ services: ownMap(tree, 'services') ?? {} }, positions, {
    skipInterpolation: run.options.noInterpolate === true,
  });
  const fromProject = relative(run.workingDir, directory);
  if (fromProject !== '') resolvePaths(canonical, { directory: fromProject, home: run.effects.home });
  return {
    file,
    directory,
    services: ownMap(canonical, 'services') ?? {},
    removals: [],
    positions,
    done: new Map(),
  };
}

function missing(name: string, reference: string, scope: ExtendScope, base: ExtendScope): TcomposeError {
  const near = nearest(reference, Object.keys(base.services));
  const where = base === scope ? '' : ` in ${base.file}`;
  return problem(
    'COMPOSE_EXTENDS',
    `cannot extend service "${name}" in ${scope.file}: service "${reference}" not found${where}`,
    scope.positions,
    ['services', name, 'extends'],
    near === undefined ? {} : { hint: `Did you mean "${near}"?` },
  );
}

function tooLong(scope: ExtendScope, path: TreePath): TcomposeError {
  const message = `more than ${maxChain} services extend each other in a chain`;
  return problem('COMPOSE_EXTENDS', message, scope.positions, [...path, 'extends'], {
    hint: 'Extend a service nearer to the end of the chain.',
  });
}

function circle(steps: readonly Step[], scope: ExtendScope, path: TreePath): TcomposeError {
  const lines = steps.map(
    ({ file, service }, index) => `${index === 0 ? '' : 'extends '}${service} in ${basename(file)}`,
  );
  return problem(
    'COMPOSE_EXTENDS',
    `Circular reference:\n  ${lines.join('\n  ')}`,
    scope.positions,
    [...path, 'extends'],
    {
      hint: 'Make one of the services in the circle independent.',
    },
  );
}
