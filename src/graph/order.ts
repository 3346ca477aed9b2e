import type { Graph } from './graph.ts';

/**
 * A cycle as a closed walk `[a, b, a]`, or undefined when there is none. Deterministic: the search goes through the
 * nodes in order, and the walk begins at its smallest name.
 */
export function findCycle(graph: Graph): readonly string[] | undefined {
  const done = new Set<string>();
  for (const start of graph.nodes) {
    if (done.has(start)) continue;
    const path: string[] = [start];
    const onPath = new Set(path);
    const cursors = [0];
    while (path.length > 0) {
      const node = path[path.length - 1]!;
      const next = graph.dependencies(node)[cursors[cursors.length - 1]!++];
      if (next === undefined) {
        done.add(node);
        onPath.delete(node);
        path.pop();
        cursors.pop();
      } else if (onPath.has(next)) {
        return closedFromSmallest(path.slice(path.indexOf(next)));
      } else if (!done.has(next)) {
        path.push(next);
        onPath.add(next);
        cursors.push(0);
      }
    }
  }
  return undefined;
}

function closedFromSmallest(walk: readonly string[]): readonly string[] {
  const smallest = [...walk].sort()[0]!;
  const at = walk.indexOf(smallest);
  return [...walk.slice(at), ...walk.slice(0, at), smallest];
}

/**
 * Nodes in waves: everything in a wave depends only on earlier waves, and each node is in the first wave it can be in.
 * Each wave is sorted.
 * @throws RangeError naming the cycle, when there is one.
 */
export function waves(graph: Graph): readonly (readonly string[])[] {
  const missing = new Map(graph.nodes.map((node) => [node, graph.dependencies(node).length]));
  const result: string[][] = [];
  let wave = graph.nodes.filter((node) => missing.get(node) === 0);
  let placed = 0;
  while (wave.length > 0) {
    result.push(wave);
    placed += wave.length;
    const next: string[] = [];
    for (const node of wave) {
      for (const dependent of graph.dependents(node)) {
        const left = missing.get(dependent)! - 1;
        missing.set(dependent, left);
        if (left === 0) next.push(dependent);
      }
    }
    wave = next.sort();
  }
  if (placed < graph.nodes.length)
    throw new RangeError(`dependency cycle: ${(findCycle(graph) ?? []).join(' -> ')}`);
  return result;
}

/** Dependencies before dependents, ties by name. Throws like `waves`. */
export const topologicalOrder = (graph: Graph): readonly string[] => waves(graph).flat();

/**
 * The chain of dependencies with the greatest total weight, first dependency first, and that weight. `weight` must not be
 * negative. Ties go to the smaller name. Throws like `waves`.
 */
export function criticalPath(
  graph: Graph,
  weight: (node: string) => number = () => 1,
): { readonly path: readonly string[]; readonly weight: number } {
  const best = new Map<string, { total: number; via: string | undefined }>();
  let end: string | undefined;
  for (const node of topologicalOrder(graph)) {
    let via: string | undefined;
    for (const dependency of graph.dependencies(node))
      if (via === undefined || best.get(dependency)!.total > best.get(via)!.total) via = dependency;
    best.set(node, { total: weight(node) + (via === undefined ? 0 : best.get(via)!.total), via });
  }
  for (const node of graph.nodes)
    if (end === undefined || best.get(node)!.total > best.get(end)!.total) end = node;
  const path: string[] = [];
  for (let node = end; node !== undefined; node = best.get(node)!.via) path.unshift(node);
  return { path, weight: end === undefined ? 0 : best.get(end)!.total };
}
