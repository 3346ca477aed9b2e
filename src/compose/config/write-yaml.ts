import { type Out, OutMap, RawNumber } from '../codec/out.ts';
import { doubleQuoted, singleQuoted, styleOf } from './yaml-scalar.ts';

/** Longer keys are written as `? key` on a line of their own. */
const longestKey = 128;

/**
 * A document as YAML with an indent of two, or `step`, list items indented under their key, no folding. Ends with a
 * line feed.
 */
export function writeYaml(document: Out, step = '  '): string {
  const lines: string[] = [];
  if (isCollection(document)) writeBlock(document, '', lines, step);
  else lines.push(scalar(document, ''));
  return `${lines.join('\n')}\n`;
}

const isCollection = (node: Out): node is OutMap | readonly Out[] =>
  node instanceof OutMap ? node.entries.length > 0 : Array.isArray(node) && node.length > 0;

function writeBlock(node: OutMap | readonly Out[], indent: string, lines: string[], step: string): void {
  if (node instanceof OutMap) {
    for (const [key, value] of node.entries) writeEntry(key, value, indent, lines, step);
    return;
  }
  for (const item of node) {
    if (!isCollection(item)) {
      lines.push(`${indent}- ${scalar(item, indent)}`);
      continue;
    }
    // The first line of a nested collection is on the line of its dash.
    const first = lines.length;
    writeBlock(item, `${indent}  `, lines, step);
    lines[first] = `${indent}- ${(lines[first] ?? '').slice(indent.length + 2)}`;
  }
}

function writeEntry(key: string, value: Out, indent: string, lines: string[], step: string): void {
  const short = keyText(key);
  const long = Buffer.byteLength(key) > longestKey;
  if (long) lines.push(`${indent}? ${short}`);
  const head = long ? `${indent}:` : `${indent}${short}:`;
  if (!isCollection(value)) lines.push(`${head} ${scalar(value, indent)}`);
  else {
    lines.push(head);
    writeBlock(value, `${indent}${step}`, lines, step);
  }
}

function keyText(key: string): string {
  const style = styleOf(key, { key: true });
  if (style === 'plain') return key;
  return style === 'single' ? singleQuoted(key) : doubleQuoted(key);
}

function scalar(node: Out, indent: string): string {
  if (node === null) return 'null';
  if (node instanceof RawNumber) return node.digits;
  if (node instanceof OutMap) return '{}';
  if (typeof node !== 'string') return Array.isArray(node) ? '[]' : String(node);
  switch (styleOf(node, { key: false })) {
    case 'plain':
      return node;
    case 'single':
      return singleQuoted(node);
    case 'double':
      return doubleQuoted(node);
    case 'literal':
      return literal(node, indent);
  }
}

/**
 * A literal block: `|-`, `|` or `|+` depending on the line feeds at its end, with an indentation digit if it begins
 * with a blank.
 */
function literal(text: string, indent: string): string {
  const ends = /\n*$/.exec(text)?.[0].length ?? 0;
  const chomp = ends === 0 ? '-' : ends > 1 || text === '\n' ? '+' : '';
  const digit = /^[ \n]/.test(text) ? '2' : '';
  const body = ends === 0 ? text : text.slice(0, -1);
  const lines = body.split('\n').map((line) => (line === '' ? '' : `${indent}  ${line}`));
  return `|${digit}${chomp}\n${lines.join('\n')}`;
}
