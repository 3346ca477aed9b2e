import { keyText, type Properties, readAlias, readProperties } from './nodes.ts';
import { NotHandled } from './problem.ts';
import { resolvePlain } from './resolve-plain.ts';
import { findKeyEnd, readQuoted } from './scalars.ts';
import { atLineEnd, char, isBlank, type Scanner, skipBlanks } from './scanner.ts';

/** Whether blanks and a colon that ends a key follow; `pos` is then on the colon. */
export function atColon(scanner: Scanner): boolean {
  return skipBlanks(scanner) === char.colon && isBlank(scanner.text.charCodeAt(scanner.pos + 1));
}

/** Whether the properties just read are those of a key on their line, and only an anchor: `&name key: value`. */
export function isAnchoredKey(scanner: Scanner, properties: Properties): boolean {
  if (properties.tag !== undefined || atLineEnd(scanner)) return false;
  const code = scanner.text.charCodeAt(scanner.pos);
  return (
    !indicates(scanner.text, scanner.pos, code) &&
    code !== char.doubleQuote &&
    code !== char.singleQuote &&
    findKeyEnd(scanner) >= 0
  );
}

/** A key of a block mapping, which may be an alias or have an anchor; `pos` ends after its colon. */
export function readKey(scanner: Scanner, column: number): { key: string; isMerge: boolean } {
  const { text } = scanner;
  const start = scanner.pos;
  if (text.charCodeAt(start) === char.asterisk) {
    const value = readAlias(scanner);
    if (!atColon(scanner)) throw new NotHandled('a missing colon', scanner.pos);
    scanner.pos += 1;
    return { key: keyText(scanner, value, text.slice(start, scanner.pos - 1), start), isMerge: false };
  }
  const properties = text.charCodeAt(start) === char.ampersand ? readProperties(scanner) : undefined;
  if (properties?.tag !== undefined) throw new NotHandled('properties of a key', start);
  const code = text.charCodeAt(scanner.pos);
  const quoted = code === char.doubleQuote || code === char.singleQuote;
  const raw = quoted ? readQuoted(scanner, column) : readPlainKey(scanner);
  if (quoted) {
    if (!atColon(scanner)) throw new NotHandled('a missing colon', scanner.pos);
    if (scanner.lineStart > start) throw new NotHandled('a key over several lines', start);
  }
  scanner.pos += 1;
  const isMerge = !quoted && raw === '<<';
  const key = isMerge ? raw : keyText(scanner, quoted ? raw : resolvePlain(raw), raw, start);
  if (properties?.anchor !== undefined)
    scanner.anchors.set(properties.anchor, { value: key, weight: 1, open: false });
  return { key, isMerge };
}

/** The text of an unquoted key; `pos` ends on its colon. */
function readPlainKey(scanner: Scanner): string {
  const { text } = scanner;
  const start = scanner.pos;
  const colon = indicates(text, start, text.charCodeAt(start)) ? -1 : findKeyEnd(scanner);
  if (colon < 0) throw new NotHandled('a missing colon', start);
  let end = colon;
  while (text.charCodeAt(end - 1) === char.space || text.charCodeAt(end - 1) === char.tab) end -= 1;
  scanner.pos = colon;
  return text.slice(start, end);
}

/** Whether no plain text may begin with the character `code` at `offset`. */
function indicates(text: string, offset: number, code: number): boolean {
  return code === char.dash || code === char.question || code === char.colon
    ? isBlank(text.charCodeAt(offset + 1))
    : '#&*!|>%@`,[]{}'.includes(text[offset] ?? '#');
}
