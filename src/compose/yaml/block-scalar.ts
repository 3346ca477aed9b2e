import { NotHandled } from './problem.ts';
import { char, isDocumentMarker, type Scanner } from './scanner.ts';

/**
 * A literal or folded block scalar; if the text ends without a line break, the last line gets none (YAML 1.2.2,
 * 8.1.1.2: chomping keeps breaks, and adds none). `pos` is on `|` or `>` and ends at the start of the line after the
 * scalar.
 * @param indent column of the enclosing collection, -1 at the top.
 */
export function readBlockScalar(scanner: Scanner, indent: number): string {
  const { text } = scanner;
  const start = scanner.pos;
  const folded = text.charCodeAt(start) === char.greater;
  const header = /[|>](?:([-+])?([1-9])?|([1-9])([-+])?)(?=[ \t\n]|$)/y;
  header.lastIndex = start;
  const match = header.exec(text);
  if (match === null) throw new NotHandled('a block scalar header', start);
  const chomp = match[1] ?? match[4];
  const digit = match[2] ?? match[3];
  scanner.pos = start + match[0].length;
  let lineEnd = text.indexOf('\n', scanner.pos);
  if (lineEnd < 0) lineEnd = text.length;
  if (!/^(?:[ \t]*|[ \t]+#.*)$/.test(text.slice(scanner.pos, lineEnd))) {
    throw new NotHandled('text after a block scalar header', scanner.pos);
  }
  const lines: string[] = [];
  let blockIndent = digit === undefined ? -1 : Math.max(indent, 0) + Number(digit);
  let widestBlank = 0;
  let unended = false;
  let pos = Math.min(lineEnd + 1, text.length);
  while (pos < text.length) {
    let content = pos;
    const limit = blockIndent < 0 ? Number.POSITIVE_INFINITY : pos + blockIndent;
    while (content < limit && text.charCodeAt(content) === char.space) content += 1;
    const code = text.charCodeAt(content);
    let end = text.indexOf('\n', content);
    if (end < 0) end = text.length;
    if (code === char.newline || Number.isNaN(code)) {
      widestBlank = Math.max(widestBlank, content - pos);
      if (Number.isNaN(code)) throw new NotHandled('spaces at the end of the text', pos);
      lines.push('');
    } else {
      const column = content - pos;
      if (blockIndent < 0) {
        if (code === char.tab) throw new NotHandled('a tab in block scalar indentation', content);
        if (column <= indent) break;
        if (widestBlank > column) {
          throw new NotHandled('uneven indentation of a block scalar', content);
        }
        blockIndent = column;
      }
      if (column < blockIndent) {
        if (code === char.tab) throw new NotHandled('a tab in block scalar indentation', content);
        break;
      }
      if (column === 0 && isDocumentMarker(text, pos)) break;
      if (code <= char.space && text.slice(content, end).trim() === '') {
        throw new NotHandled('a line of nothing but spaces', pos);
      }
      lines.push(text.slice(content, end));
      unended = end === text.length;
    }
    pos = Math.min(end + 1, text.length);
  }
  scanner.pos = pos;
  scanner.lineStart = pos;
  return joinBlockLines(lines, folded, unended ? '-' : chomp);
}

function joinBlockLines(lines: readonly string[], folded: boolean, chomp: string | undefined): string {
  let count = lines.length;
  while (count > 0 && lines[count - 1] === '') count -= 1;
  const trailing = lines.length - count;
  const body = lines.slice(0, count);
  const value = folded ? foldLines(body) : body.join('\n');
  if (chomp === '-') return value;
  if (chomp === '+') return value + '\n'.repeat(count > 0 ? trailing + 1 : trailing);
  return count > 0 ? `${value}\n` : '';
}

/** Folding of `>`: a break between two ordinary lines is a space; blank and more-indented lines keep their breaks. */
function foldLines(lines: readonly string[]): string {
  let value = '';
  let pending = 0;
  let previous: 'none' | 'text' | 'indented' = 'none';
  for (const line of lines) {
    if (line === '') {
      pending += 1;
      continue;
    }
    const indented = line.startsWith(' ') || line.startsWith('\t');
    if (previous === 'none') value += '\n'.repeat(pending);
    else if (previous === 'text' && !indented) value += pending === 0 ? ' ' : '\n'.repeat(pending);
    else value += '\n'.repeat(pending + 1);
    value += line;
    previous = indented ? 'indented' : 'text';
    pending = 0;
  }
  return value;
}
