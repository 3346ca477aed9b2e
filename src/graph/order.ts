import { type Graph, graphOf } from './graph.ts';

interface Walk {
  /** Nodes in the order in which they were left: each after its dependencies, except for back edges. */
  readonly order: readonly string[];
  /** Edges back to a node on the current path, each with the path from there to its start. */
  readonly back: readonly { readonly from: string; readonly to: string; readonly way: readonly string[] }[];
}

/**
 * Depth first through all nodes, in name order. Iterative, because a chain may be as long as a file. Linear except for
 * the back paths.
 */
function walk(graph: Graph): Walk {
  const order: string[] = [];
  const back: { from: string; to: string; way: readonly string[] }[] = [];
  const left = new Set<string>();
  for (const root of graph.nodes) {
    if (left.has(root)) continue;
    const way: string[] = [];
    const cursors: number[] = [];
    const at = new Map<string, number>();
    const enter = (node: string) => {
      at.set(node, way.length);
      way.push(node);
      cursors.push(0);
    };
    enter(root);
    while (way.length > 0) {
      const node = way.at(-1)!;
      const next = graph.dependencies(node)[cursors[cursors.length - 1]!++];
      if (next === undefined) {
        way.pop();
        cursors.pop();
        at.delete(node);
        left.add(node);
        order.push(node);
      } else if (at.has(next)) back.push({ from: node, to: next, way: way.slice(at.get(next)) });
      else if (!left.has(next)) enter(next);
    }
  }
  return { order, back };
}

/** Nodes after their dependencies, otherwise by name. In a graph with cycles, back edges are ignored, always the same ones. */
export const dependenciesFirst = (graph: Graph): readonly string[] => walk(graph).order;

/**
 * Cycles as closed walks `[a, b, a]`, each beginning at its smallest name: one for every back edge. Empty when there
 * are none.
 */
export const cycles = (graph: Graph): readonly (readonly string[])[] =>
  walk(graph).back.map(({ way }) => closedFromSmallest(way));

function closedFromSmallest(way: readonly string[]): readonly string[] {
  const smallest = way.reduce((one, other) => (other < one ? other : one));
  const at = way.indexOf(smallest);
  return [...way.slice(at), ...way.slice(0, at), smallest];
}

/** The graph without its back edges. Labels of containers may form a cycle after edits of the compose file. */
export function withoutCycles(graph: Graph): Graph {
  const { back } = walk(graph);
  if (back.length === 0) return graph;
  const dropped = new Set(back.map(({ from, to }) => `${from}\0${to}`));
  return graphOf(
    graph.nodes.map((node) => [
      node,
      graph.dependencies(node).filter((target) => !dropped.has(`${node}\0${target}`)),
    ]),
  );
}

/**
 * All nodes, dependencies before dependents, and by name where the order does not matter: first everything without
 * dependencies, then what depends only on that, and so on.
 * @throws RangeError naming a cycle, if there is one.
 */
export function topologicalOrder(graph: Graph): readonly string[] {
  const missing = new Map(graph.nodes.map((node) => [node, graph.dependencies(node).length]));
  const order: string[] = [];
  let wave = graph.nodes.filter((node) => missing.get(node) === 0);
  while (wave.length > 0) {
    for (const node of wave) order.push(node);
    const next: string[] = [];
    for (const node of wave) {
      for (const dependent of graph.dependents(node)) {
        const count = missing.get(dependent)! - 1;
        missing.set(dependent, count);
        if (count === 0) next.push(dependent);
      }
    }
    wave = next.sort();
  }
  if (order.length < graph.nodes.length)
    throw new RangeError(`dependency cycle: ${cycles(graph)[0]?.join(' -> ')}`);
  return order;
}
