/**
 * A directed graph of names in which an edge means "depends on". Everything that enumerates does so in a fixed order
 * (names sorted by code unit), so that results do not depend on the order in which the graph was written down.
 */
export interface Graph {
  /** Sorted. */
  readonly nodes: readonly string[];
  /** A node's dependencies, sorted; empty for unknown names. */
  dependencies(node: string): readonly string[];
  /** A node's dependents, sorted; empty for unknown names. */
  dependents(node: string): readonly string[];
}

const NONE: readonly string[] = [];
const sorted = (names: Iterable<string>) => [...new Set(names)].sort();

/** Builds a graph from nodes with their dependencies. A dependency that is not a node becomes one. */
export function graphOf(edges: Iterable<readonly [node: string, dependencies: Iterable<string>]>): Graph {
  const forward = new Map<string, readonly string[]>();
  for (const [node, targets] of edges) forward.set(node, sorted(targets));
  const nodes = sorted([...forward.keys(), ...[...forward.values()].flat()]);
  const backward = new Map<string, string[]>();
  for (const node of nodes) {
    for (const target of forward.get(node) ?? NONE) {
      const known = backward.get(target);
      if (known === undefined) backward.set(target, [node]);
      else known.push(node);
    }
  }
  return {
    nodes,
    dependencies: (node) => forward.get(node) ?? NONE,
    dependents: (node) => backward.get(node) ?? NONE,
  };
}

/** The same nodes with every edge reversed. */
export const reversed = (graph: Graph): Graph => ({
  nodes: graph.nodes,
  dependencies: graph.dependents,
  dependents: graph.dependencies,
});

/** The given names and everything they depend on, directly or indirectly. A name that is not a node stays by itself. */
export function closure(graph: Graph, roots: Iterable<string>): ReadonlySet<string> {
  const all = new Set(roots);
  // Iterating over a set includes what is added meanwhile.
  for (const node of all) for (const dependency of graph.dependencies(node)) all.add(dependency);
  return all;
}
