import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { closure, type Graph, graphOf as graphOfEntries, reversed } from '../../../src/graph/graph.ts';
import { cycles, dependenciesFirst, topologicalOrder, withoutCycles } from '../../../src/graph/order.ts';

const NAMES = ['api', 'cache', 'db', 'front', 'queue', 'web', 'worker'];

const graphOf = (edges: Readonly<Record<string, readonly string[]>>) => graphOfEntries(Object.entries(edges));
const findCycle = (graph: Graph) => cycles(graph)[0];

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

  test('what depends on less comes first, and what could come together is by name', () => {
    const graph = graphOf({ z: [], b: ['z'], a: ['b'], c: ['z'], y: [] });
    expect(topologicalOrder(graph)).toEqual(['y', 'z', 'b', 'c', 'a']);
    expect(dependenciesFirst(graph)).toEqual(['z', 'b', 'a', 'c', 'y']);
  });

  test('depth first too, dependencies come before dependents, of a graph without its cycles in any case', () => {
    fc.assert(
      fc.property(anyGraph, (graph) => {
        const part = withoutCycles(graph);
        expect(respects(part, dependenciesFirst(graph))).toBe(true);
        expect(dependenciesFirst(part)).toEqual(dependenciesFirst(graph));
        expect(part.nodes).toEqual(graph.nodes);
        expect(cycles(part)).toEqual([]);
        const edges = (one: Graph) => one.nodes.flatMap((node) => one.dependencies(node)).length;
        expect(edges(graph) - edges(part)).toBe(cycles(graph).length);
        expect(withoutCycles(part)).toBe(part);
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
        expect(() => topologicalOrder(graph)).toThrow(cycle.join(' -> '));
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

  test('orders a graph thousands of nodes deep, or with one node that all others need', () => {
    const edges: Record<string, string[]> = {};
    for (let i = 0; i < 5000; i++) edges[`n${i}`] = i === 0 ? [] : [`n${i - 1}`];
    expect(topologicalOrder(graphOf(edges))[4999]).toBe('n4999');
    const star = Object.fromEntries(Array.from({ length: 50_000 }, (_, at) => [`n${at}`, ['hub']]));
    expect(dependenciesFirst(graphOf(star))[0]).toBe('hub');
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

  test('a closure holds its roots, is closed, and has nothing that no root leads to', () => {
    fc.assert(
      fc.property(anyGraph, fc.subarray(NAMES), (graph, roots) => {
        const nodes = closure(graph, roots);
        for (const root of roots) expect(nodes).toContain(root);
        for (const node of nodes)
          for (const target of graph.dependencies(node)) expect(nodes).toContain(target);
        for (const node of nodes)
          if (!roots.includes(node))
            expect(graph.dependents(node).some((dependent) => nodes.has(dependent))).toBe(true);
      }),
    );
  });

  test('names that objects have by birth are ordinary names', () => {
    const graph = graphOf({ constructor: ['toString'], toString: [] });
    expect(graph.dependencies('constructor')).toEqual(['toString']);
    expect(topologicalOrder(graph)).toEqual(['toString', 'constructor']);
  });
});
