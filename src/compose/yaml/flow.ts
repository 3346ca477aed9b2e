import type { NodePlaces } from './document.ts';
import {
  anchored,
  applyMergeKey,
  enter,
  isFlowIndicator,
  keyText,
  noteDuplicate,
  plainValue,
  readAlias,
  readProperties,
  tagged,
} from './nodes.ts';
import { checkKeyCount, NotHandled } from './problem.ts';
import { resolvePlain } from './resolve-plain.ts';
import { readQuoted } from './scalars.ts';
import { char, isBlank, isDocumentMarker, type Scanner } from './scanner.ts';

/** A flow collection, `[…]` or `{…}`; `pos` is on its bracket and ends after the closing one. */
export function readFlow(scanner: Scanner): unknown {
  enter(scanner);
  scanner.nodes += 1;
  const outermost = scanner.flowStart < 0;
  if (outermost) scanner.flowStart = scanner.pos;
  const value =
    scanner.text.charCodeAt(scanner.pos) === char.openBracket ? readFlowList(scanner) : readFlowMap(scanner);
  if (outermost) scanner.flowStart = -1;
  scanner.depth -= 1;
  return value;
}

function readFlowList(scanner: Scanner): unknown[] {
  const start = scanner.pos;
  const list: unknown[] = [];
  const items: number[] = [];
  scanner.places?.set(list, { start, items });
  scanner.pos += 1;
  for (;;) {
    let code = skipFlowSpace(scanner);
    if (code === char.closeBracket) break;
    if (scanner.places !== undefined) items.push(scanner.pos);
    list.push(readFlowNode(scanner));
    code = skipFlowSpace(scanner);
    if (code === char.comma) scanner.pos += 1;
    else if (code !== char.closeBracket)
      throw new NotHandled('a pair or missing comma in a list', scanner.pos);
  }
  scanner.pos += 1;
  return list;
}

function readFlowMap(scanner: Scanner): Record<string, unknown> {
  const { text } = scanner;
  const start = scanner.pos;
  const map: Record<string, unknown> = {};
  const places: NodePlaces & { keys: Map<string, readonly [number, number]> } = { start, keys: new Map() };
  scanner.places?.set(map, places);
  const names: string[] = [];
  const offsets: number[] = [];
  let merge: { value: unknown; offset: number } | undefined;
  scanner.pos += 1;
  for (;;) {
    let code = skipFlowSpace(scanner);
    if (code === char.closeBrace) break;
    const keyOffset = scanner.pos;
    const { raw, named, quoted } = readFlowKey(scanner, code);
    code = skipFlowSpace(scanner);
    let value: unknown = null;
    let valueOffset = keyOffset;
    if (code === char.colon) {
      const after = text.charCodeAt(scanner.pos + 1);
      if (!quoted && !isBlank(after) && !isFlowIndicator(after)) {
        throw new NotHandled('a key in braces', scanner.pos);
      }
      scanner.pos += 1;
      code = skipFlowSpace(scanner);
      valueOffset = scanner.pos;
      if (code !== char.comma && code !== char.closeBrace) value = readFlowNode(scanner);
      code = skipFlowSpace(scanner);
    }
    if (code !== char.comma && code !== char.closeBrace) {
      throw new NotHandled('a missing comma in braces', scanner.pos);
    }
    if (!quoted && raw === '<<') {
      const before = merge?.offset;
      if (before !== undefined) noteDuplicate(scanner, '<<', () => before, keyOffset);
      merge = { value, offset: keyOffset };
    } else {
      const key = keyText(scanner, named, raw, keyOffset);
      if (Object.hasOwn(map, key)) {
        noteDuplicate(scanner, key, () => offsets[names.indexOf(key)], keyOffset);
      }
      checkKeyCount(names.length, keyOffset);
      names.push(key);
      offsets.push(keyOffset);
      map[key] = value;
      if (scanner.places !== undefined) places.keys.set(key, [keyOffset, valueOffset]);
    }
    if (code === char.comma) scanner.pos += 1;
  }
  scanner.pos += 1;
  if (merge !== undefined) {
    const sources = applyMergeKey(map, merge.value, merge.offset);
    if (scanner.places !== undefined) inheritPlaces(scanner, places.keys, sources);
  }
  return map;
}

/** A key in braces, which may be an alias: its text, and what it names. */
function readFlowKey(scanner: Scanner, code: number): { raw: string; named: unknown; quoted: boolean } {
  const start = scanner.pos;
  if (code === char.doubleQuote || code === char.singleQuote) {
    const raw = readQuoted(scanner, -1);
    return { raw, named: raw, quoted: true };
  }
  if (code === char.asterisk) {
    const named = readAlias(scanner);
    return { raw: scanner.text.slice(start, scanner.pos), named, quoted: false };
  }
  if (!startsPlain(scanner.text, start)) throw new NotHandled('a key in braces', start);
  const raw = readFlowPlain(scanner);
  return { raw, named: resolvePlain(raw), quoted: false };
}

/** The place of a key that came from `<<` is in the merged mapping. */
export function inheritPlaces(
  scanner: Pick<Scanner, 'places'>,
  keys: Map<string, readonly [number, number]>,
  sources: readonly object[],
): void {
  for (const source of sources) {
    const known = scanner.places?.get(source);
    if (known === undefined || !('keys' in known)) continue;
    for (const [key, place] of known.keys) if (!keys.has(key)) keys.set(key, place);
  }
}

function readFlowNode(scanner: Scanner): unknown {
  const properties = readProperties(scanner);
  if (properties !== undefined) skipFlowSpace(scanner);
  const { text } = scanner;
  return anchored(scanner, properties?.anchor, () => {
    const code = text.charCodeAt(scanner.pos);
    if (code === char.openBracket || code === char.openBrace) {
      return tagged(scanner, readFlow(scanner), properties, undefined);
    }
    scanner.nodes += 1;
    if (code === char.doubleQuote || code === char.singleQuote) {
      const value = readQuoted(scanner, -1);
      return tagged(scanner, value, properties, value);
    }
    if (code === char.asterisk) {
      if (properties !== undefined) throw new NotHandled('properties of an alias', scanner.pos);
      return readAlias(scanner);
    }
    if (code === char.comma || code === char.closeBracket || code === char.closeBrace) {
      throw new NotHandled('an empty item', scanner.pos);
    }
    if (!startsPlain(text, scanner.pos)) throw new NotHandled('an indicator', scanner.pos);
    return plainValue(scanner, readFlowPlain(scanner), properties);
  });
}

/** Whether a plain scalar may start here, in a flow collection. */
function startsPlain(text: string, offset: number): boolean {
  const code = text.charCodeAt(offset);
  if (code === char.dash || code === char.question || code === char.colon) {
    const next = text.charCodeAt(offset + 1);
    return !isBlank(next) && !isFlowIndicator(next);
  }
  return !(isBlank(code) || isFlowIndicator(code) || '#&*!|>\'"%@`'.includes(text[offset] ?? '#'));
}

/** A plain scalar inside a flow collection, on one line. */
function readFlowPlain(scanner: Scanner): string {
  const { text } = scanner;
  const start = scanner.pos;
  let end = start;
  for (let pos = start; ; pos += 1) {
    const code = text.charCodeAt(pos);
    if (code === char.space || code === char.tab) continue;
    if (code === char.newline || Number.isNaN(code) || isFlowIndicator(code)) break;
    if (code === char.hash && isBlank(text.charCodeAt(pos - 1))) break;
    if (code === char.colon) {
      const next = text.charCodeAt(pos + 1);
      if (isBlank(next) || isFlowIndicator(next)) break;
    }
    end = pos + 1;
  }
  scanner.pos = end;
  return text.slice(start, end);
}

function skipFlowSpace(scanner: Scanner): number {
  const { text } = scanner;
  for (let pos = scanner.pos; ; pos += 1) {
    const code = text.charCodeAt(pos);
    if (code === char.space || code === char.tab) continue;
    if (code === char.newline) {
      scanner.lineStart = pos + 1;
      if (isDocumentMarker(text, pos + 1)) throw new NotHandled('a document marker in brackets', pos);
      continue;
    }
    if (code === char.hash && isBlank(text.charCodeAt(pos - 1))) {
      const end = text.indexOf('\n', pos);
      pos = (end < 0 ? text.length : end) - 1;
      continue;
    }
    scanner.pos = pos;
    if (Number.isNaN(code)) throw new NotHandled('an unclosed bracket', scanner.flowStart);
    return code;
  }
}
