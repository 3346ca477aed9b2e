import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { drawDot, drawMermaid } from '../../../src/graph/draw.ts';
import { closure, type Graph, graphOf, reversed, subgraph } from '../../../src/graph/graph.ts';
import { criticalPath, findCycle, topologicalOrder, waves } from '../../../src/graph/order.ts';

const NAMES = ['api', 'cache', 'db', 'front', 'queue', 'web', 'worker'];

/** Any graph over a few names, cycles and self-loops included. */
const anyGraph = fc
  .array(fc.tuple(fc.constantFrom(...NAMES), fc.constantFrom(...NAMES)), { maxLength: 14 })
  .map((pairs) => {
    const edges: Record<string, string[]> = {};
    for (const [from, to] of pairs) edges[from] = [...(edges[from] ?? []), to];
    return graphOf(edges);
  });

/** Graphs without cycles: edges only go to names earlier in a random order. */
const acyclic = fc
  .tuple(
    fc.shuffledSubarray(NAMES, { minLength: NAMES.length }),
    fc.array(fc.tuple(fc.nat(6), fc.nat(6)), { maxLength: 16 }),
  )
  .map(([order, pairs]) => {
    const edges: Record<string, string[]> = Object.fromEntries(order.map((name) => [name, []]));
    for (const [a, b] of pairs) if (a !== b) edges[order[Math.max(a, b)]!]!.push(order[Math.min(a, b)]!);
    return graphOf(edges);
  });

const respects = (graph: Graph, order: readonly string[]) =>
  graph.nodes.every((node) =>
    graph.dependencies(node).every((target) => order.indexOf(target) < order.indexOf(node)),
  );

describe('order', () => {
  test('puts dependencies first, for any acyclic graph', () => {
    fc.assert(
      fc.property(acyclic, (graph) => {
        const order = topologicalOrder(graph);
        expect([...order].sort()).toEqual(graph.nodes);
        expect(respects(graph, order)).toBe(true);
        expect(findCycle(graph)).toBeUndefined();
      }),
    );
  });

  test('a node is in the first wave it can be in', () => {
    fc.assert(
      fc.property(acyclic, (graph) => {
        const at = new Map(waves(graph).flatMap((wave, index) => wave.map((node) => [node, index] as const)));
        for (const node of graph.nodes) {
          const needs = graph.dependencies(node).map((target) => at.get(target)!);
          expect(at.get(node)).toBe(needs.length === 0 ? 0 : Math.max(...needs) + 1);
        }
      }),
    );
  });

  test('a graph has an order or a cycle, and the cycle is a closed walk along edges', () => {
    fc.assert(
      fc.property(anyGraph, (graph) => {
        const cycle = findCycle(graph);
        if (cycle === undefined) {
          expect(respects(graph, topologicalOrder(graph))).toBe(true);
          return;
        }
        expect(cycle[0]).toBe(cycle.at(-1));
        for (let i = 1; i < cycle.length; i++) expect(graph.dependencies(cycle[i - 1]!)).toContain(cycle[i]);
        expect(new Set(cycle.slice(1)).size).toBe(cycle.length - 1);
        expect(() => waves(graph)).toThrow(cycle.join(' -> '));
      }),
    );
  });

  test('the cycle named is the same however the edges were written', () => {
    const one = graphOf({ web: ['api'], api: ['db'], db: ['web'], a: ['web'] });
    const other = graphOf({ db: ['web'], a: ['web'], api: ['db'], web: ['api'] });
    expect(findCycle(one)).toEqual(['api', 'db', 'web', 'api']);
    expect(findCycle(other)).toEqual(findCycle(one));
    expect(findCycle(graphOf({ a: ['a'] }))).toEqual(['a', 'a']);
  });

  test('waves of a deep and wide graph of thousands of nodes', () => {
    const edges: Record<string, string[]> = {};
    for (let i = 0; i < 5000; i++) edges[`n${i}`] = i === 0 ? [] : [`n${i - 1}`];
    expect(waves(graphOf(edges))).toHaveLength(5000);
    expect(findCycle(graphOf({ ...edges, n0: ['n4999'] }))).toHaveLength(5001);
  });
});

describe('derived graphs', () => {
  test('reversing turns every edge, twice is the same graph', () => {
    fc.assert(
      fc.property(anyGraph, (graph) => {
        const back = reversed(graph);
        for (const node of graph.nodes)
          for (const target of graph.dependencies(node)) expect(back.dependencies(target)).toContain(node);
        for (const node of graph.nodes)
          expect(reversed(back).dependencies(node)).toEqual(graph.dependencies(node));
      }),
    );
  });

  test('a closure holds its roots and is closed; its subgraph keeps all its edges', () => {
    fc.assert(
      fc.property(anyGraph, fc.subarray(NAMES), (graph, roots) => {
        const nodes = closure(graph, roots);
        for (const root of roots.filter((name) => graph.nodes.includes(name))) expect(nodes).toContain(root);
        for (const node of nodes)
          for (const target of graph.dependencies(node)) expect(nodes).toContain(target);
        const part = subgraph(graph, nodes);
        for (const node of nodes) expect(part.dependencies(node)).toEqual(graph.dependencies(node));
      }),
    );
  });

  test('no path is heavier than the critical path', () => {
    fc.assert(
      fc.property(acyclic, (graph) => {
        const { path, weight } = criticalPath(graph, (node) => node.length);
        expect(path.reduce((sum, node) => sum + node.length, 0)).toBe(weight);
        for (let i = 1; i < path.length; i++) expect(graph.dependencies(path[i]!)).toContain(path[i - 1]);
        const heaviest = (node: string): number =>
          node.length + Math.max(0, ...graph.dependencies(node).map(heaviest));
        expect(weight).toBe(Math.max(0, ...graph.nodes.map(heaviest)));
      }),
    );
  });

  test('names that objects have by birth are ordinary names', () => {
    const graph = graphOf({ constructor: ['toString'], toString: [] });
    expect(graph.dependencies('constructor')).toEqual(['toString']);
    expect(topologicalOrder(graph)).toEqual(['toString', 'constructor']);
  });
});

describe('drawings', () => {
  const graph = graphOf({ web: ['api'], api: ['db'] });

  test('Mermaid', () => {
    expect(drawMermaid(graph, (_, to) => (to === 'db' ? 'healthy' : undefined))).toBe(
      'flowchart TD\n  n0["api"]\n  n1["db"]\n  n2["web"]\n  n0 -->|"healthy"| n1\n  n2 --> n0\n',
    );
  });

  test('Graphviz, with quotes in names kept apart', () => {
    expect(drawDot(graph)).toBe(
      'digraph compose {\n  "api";\n  "db";\n  "web";\n  "api" -> "db";\n  "web" -> "api";\n}\n',
    );
    expect(drawDot(graphOf({ 'a"b': [] }))).toContain('"a\\"b";');
  });
});
