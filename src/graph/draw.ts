import type { Graph } from './graph.ts';

/** What an edge is labelled with, if anything (`healthy`, say). */
type EdgeLabel = (from: string, to: string) => string | undefined;

const quoteMermaid = (text: string) => `"${text.replaceAll('"', '#quot;')}"`;
const quoteDot = (text: string) => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

/** A Mermaid flowchart: an arrow goes from a node to what it depends on. */
export function drawMermaid(graph: Graph, label: EdgeLabel = () => undefined): string {
  const id = new Map(graph.nodes.map((node, at) => [node, `n${at}`]));
  const lines = ['flowchart TD', ...graph.nodes.map((node) => `  ${id.get(node)}[${quoteMermaid(node)}]`)];
  for (const from of graph.nodes)
    for (const to of graph.dependencies(from)) {
      const text = label(from, to);
      lines.push(`  ${id.get(from)} -->${text === undefined ? '' : `|${quoteMermaid(text)}|`} ${id.get(to)}`);
    }
  return `${lines.join('\n')}\n`;
}

/** A Graphviz digraph: an arrow goes from a node to what it depends on. */
export function drawDot(graph: Graph, label: EdgeLabel = () => undefined): string {
  const lines = ['digraph compose {', ...graph.nodes.map((node) => `  ${quoteDot(node)};`)];
  for (const from of graph.nodes)
    for (const to of graph.dependencies(from)) {
      const text = label(from, to);
      const attributes = text === undefined ? '' : ` [label=${quoteDot(text)}]`;
      lines.push(`  ${quoteDot(from)} -> ${quoteDot(to)}${attributes};`);
    }
  return `${lines.join('\n')}\n}\n`;
}
