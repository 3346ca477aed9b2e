/**
 * A directed graph of names in which an edge means "depends on". Everything that enumerates does so in a fixed order
 * (names sorted by code unit), so that results do not hang on the order in which the graph was written down.
 */
export interface Graph {
  /** Sorted. */
  readonly nodes: readonly string[];
  /** What a node depends on, sorted; empty for unknown names. */
  dependencies(node: string): readonly string[];
  /** What depends on a node, sorted; empty for unknown names. */
  dependents(node: string): readonly string[];
}

const NONE: readonly string[] = [];
const sorted = (names: Iterable<string>) => [...new Set(names)].sort();

/** Builds a graph from node → dependencies. A dependency that is no key becomes a node of its own. */
export function graphOf(edges: Readonly<Record<string, readonly string[]>>): Graph {
  const forward = new Map<string, readonly string[]>();
  const backward = new Map<string, string[]>();
  const nodes = sorted(Object.entries(edges).flatMap(([node, targets]) => [node, ...targets]));
  for (const node of nodes) {
    const targets = sorted(Object.hasOwn(edges, node) ? edges[node]! : NONE);
    forward.set(node, targets);
    for (const target of targets) backward.set(target, [...(backward.get(target) ?? []), node]);
  }
  return {
    nodes,
    dependencies: (node) => forward.get(node) ?? NONE,
    dependents: (node) => backward.get(node) ?? NONE,
  };
}

/** The same nodes with every edge turned round. */
export const reversed = (graph: Graph): Graph => ({
  nodes: graph.nodes,
  dependencies: graph.dependents,
  dependents: graph.dependencies,
});

/** The given nodes and everything they depend on, directly or not, sorted. Unknown names are left out. */
export function closure(graph: Graph, roots: Iterable<string>): readonly string[] {
  const known = new Set(graph.nodes);
  const seen = new Set<string>();
  const pending = [...roots].filter((root) => known.has(root));
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    pending.push(...graph.dependencies(node));
  }
  return sorted(seen);
}

/** The graph of some nodes only: edges between them are kept. */
export function subgraph(graph: Graph, nodes: Iterable<string>): Graph {
  const keep = new Set(nodes);
  return graphOf(
    Object.fromEntries(
      graph.nodes
        .filter((node) => keep.has(node))
        .map((node) => [node, graph.dependencies(node).filter((target) => keep.has(target))]),
    ),
  );
}
