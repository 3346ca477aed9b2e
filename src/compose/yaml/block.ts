import { atColon, isAnchoredKey, readKey } from './block-key.ts';
import { readBlockScalar } from './block-scalar.ts';
import type { NodePlaces } from './document.ts';
import { inheritPlaces, readFlow } from './flow.ts';
import {
  anchored,
  applyMergeKey,
  enter,
  noteDuplicate,
  type Properties,
  plainValue,
  readAlias,
  readProperties,
  tagged,
} from './nodes.ts';
import { checkKeyCount, NotHandled } from './problem.ts';
import { findKeyEnd, readPlain, readQuoted } from './scalars.ts';
import { atLineEnd, char, expectLineEnd, isBlank, nextContent, type Scanner, skipBlanks } from './scanner.ts';

/**
 * The node at `pos`, which is its first content on a line of its own or after `- `.
 * @param indent column of the enclosing collection, -1 at the top.
 */
export function readBlockNode(scanner: Scanner, indent: number): unknown {
  const line = scanner.lineStart;
  const start = scanner.pos;
  const properties = readProperties(scanner);
  if (properties !== undefined && isAnchoredKey(scanner, properties)) {
    scanner.pos = start;
    return readMap(scanner, start - line);
  }
  return anchored(scanner, properties?.anchor, () => {
    let ownLine = true;
    if (properties !== undefined) {
      if (atLineEnd(scanner)) {
        const column = nextContent(scanner);
        if (column <= indent) return emptyNode(scanner, properties);
      }
      ownLine = scanner.lineStart !== line;
    }
    return readContent(scanner, indent, properties, ownLine ? 'block' : 'after-properties');
  });
}

/** The value after `key:`, on the same line or below. */
function readMapValue(scanner: Scanner, column: number): unknown {
  if (atLineEnd(scanner)) return readBelow(scanner, column, undefined);
  const properties = readProperties(scanner);
  return anchored(scanner, properties?.anchor, () => {
    if (properties !== undefined && atLineEnd(scanner)) return readBelow(scanner, column, properties);
    return readContent(scanner, column, properties, 'inline');
  });
}

/** The value of a key with nothing more on its line; a list may be in the key's own column. */
function readBelow(scanner: Scanner, column: number, properties: Properties | undefined): unknown {
  const next = nextContent(scanner);
  if (next > column) {
    return properties === undefined
      ? readBlockNode(scanner, column)
      : readContent(scanner, column, properties, 'block');
  }
  if (next === column && startsItem(scanner)) {
    return tagged(scanner, readList(scanner, column), properties, undefined);
  }
  return emptyNode(scanner, properties);
}

function emptyNode(scanner: Scanner, properties: Properties | undefined): unknown {
  scanner.nodes += 1;
  return plainValue(scanner, '', properties);
}

function startsItem(scanner: Scanner): boolean {
  return (
    scanner.text.charCodeAt(scanner.pos) === char.dash && isBlank(scanner.text.charCodeAt(scanner.pos + 1))
  );
}

/** Everything after the properties. Block collections start only where a line's content does. */
function readContent(
  scanner: Scanner,
  indent: number,
  properties: Properties | undefined,
  where: 'block' | 'after-properties' | 'inline',
): unknown {
  const { text } = scanner;
  const column = scanner.pos - scanner.lineStart;
  const code = text.charCodeAt(scanner.pos);
  switch (code) {
    case char.openBracket:
    case char.openBrace: {
      const value = readFlow(scanner);
      rejectKey(scanner);
      return tagged(scanner, value, properties, undefined);
    }
    case char.pipe:
    case char.greater: {
      scanner.nodes += 1;
      const value = readBlockScalar(scanner, indent);
      return tagged(scanner, value, properties, value);
    }
    case char.asterisk: {
      if (properties !== undefined) throw new NotHandled('properties of an alias', scanner.pos);
      const start = scanner.pos;
      const value = readAlias(scanner);
      if (where === 'block' && atColon(scanner)) {
        scanner.pos = start;
        return readMap(scanner, column);
      }
      rejectKey(scanner);
      scanner.nodes += 1;
      return value;
    }
    case char.doubleQuote:
    case char.singleQuote: {
      const start = scanner.pos;
      const line = scanner.lineStart;
      const value = readQuoted(scanner, indent);
      const next = skipBlanks(scanner);
      if (next === char.colon && isBlank(text.charCodeAt(scanner.pos + 1))) {
        if (where !== 'block' || scanner.lineStart !== line) throw new NotHandled('a mapping', start);
        scanner.pos = start;
        return tagged(scanner, readMap(scanner, column), properties, undefined);
      }
      expectLineEnd(scanner);
      scanner.nodes += 1;
      return tagged(scanner, value, properties, value);
    }
    case char.dash:
      if (isBlank(text.charCodeAt(scanner.pos + 1))) {
        if (where !== 'block') throw new NotHandled('a list', scanner.pos);
        return tagged(scanner, readList(scanner, column), properties, undefined);
      }
      break;
    case char.question:
    case char.colon:
      if (isBlank(text.charCodeAt(scanner.pos + 1))) throw new NotHandled('an explicit key', scanner.pos);
      break;
    case char.at:
    case char.backtick:
    case char.percent:
    case char.comma:
    case char.closeBracket:
    case char.closeBrace:
    case char.ampersand:
    case char.bang:
    case char.hash:
      throw new NotHandled('an indicator', scanner.pos);
  }
  if (where === 'block' && findKeyEnd(scanner) >= 0) {
    return tagged(scanner, readMap(scanner, column), properties, undefined);
  }
  if (where === 'after-properties' && findKeyEnd(scanner) >= 0) {
    throw new NotHandled('properties of a key', scanner.pos);
  }
  scanner.nodes += 1;
  const raw = readPlain(scanner, indent);
  return plainValue(scanner, raw, properties);
}

/** A flow collection as a key is left to the full parser. */
function rejectKey(scanner: Scanner): void {
  expectLineEnd(scanner);
}

/** A block mapping whose keys are in `column`; `pos` is on the first key. */
function readMap(scanner: Scanner, column: number): Record<string, unknown> {
  enter(scanner);
  scanner.nodes += 1;
  const start = scanner.pos;
  const map: Record<string, unknown> = {};
  const places: NodePlaces & { keys: Map<string, readonly [number, number]> } = { start, keys: new Map() };
  scanner.places?.set(map, places);
  const names: string[] = [];
  const offsets: number[] = [];
  let merge: { value: unknown; offset: number } | undefined;
  for (;;) {
    const keyOffset = scanner.pos;
    const { key, isMerge } = readKey(scanner, column);
    skipBlanks(scanner);
    const valueOffset = scanner.pos;
    const value = readMapValue(scanner, column);
    if (isMerge) {
      const before = merge?.offset;
      if (before !== undefined) noteDuplicate(scanner, '<<', () => before, keyOffset);
      merge = { value, offset: keyOffset };
    } else {
      if (Object.hasOwn(map, key)) {
        noteDuplicate(scanner, key, () => offsets[names.indexOf(key)], keyOffset);
      }
      checkKeyCount(names.length, keyOffset);
      names.push(key);
      offsets.push(keyOffset);
      map[key] = value;
      if (scanner.places !== undefined) {
        places.keys.set(key, [keyOffset, startBelow(scanner, value, valueOffset)]);
      }
    }
    const next = nextContent(scanner);
    if (next < column) break;
    if (next > column || startsItem(scanner)) throw new NotHandled('uneven indentation', scanner.pos);
  }
  if (merge !== undefined) {
    const sources = applyMergeKey(map, merge.value, merge.offset);
    if (scanner.places !== undefined) inheritPlaces(scanner, places.keys, sources);
  }
  scanner.depth -= 1;
  return map;
}

/** Where a value starts: a collection below its key has its own start, everything else is after the colon. */
function startBelow(scanner: Scanner, value: unknown, behindColon: number): number {
  const code = scanner.text.charCodeAt(behindColon);
  if (code !== char.newline && code !== char.hash) return behindColon;
  if (typeof value !== 'object' || value === null) return behindColon;
  return scanner.places?.get(value)?.start ?? behindColon;
}

/** A block sequence whose dashes are in `column`; `pos` is on the first dash. */
function readList(scanner: Scanner, column: number): unknown[] {
  enter(scanner);
  scanner.nodes += 1;
  const { text } = scanner;
  const list: unknown[] = [];
  const items: number[] = [];
  scanner.places?.set(list, { start: scanner.pos, items });
  for (;;) {
    scanner.pos += 1;
    const dash = scanner.pos;
    if (atLineEnd(scanner)) {
      const below = nextContent(scanner);
      if (scanner.places !== undefined) items.push(below > column ? scanner.pos : dash - 1);
      list.push(below > column ? readBlockNode(scanner, column) : emptyNode(scanner, undefined));
    } else {
      if (text.slice(dash, scanner.pos).includes('\t')) throw new NotHandled('a tab after a dash', dash);
      if (scanner.places !== undefined) items.push(scanner.pos);
      list.push(readBlockNode(scanner, column));
    }
    const next = nextContent(scanner);
    if (next < column) break;
    if (next > column) throw new NotHandled('uneven indentation', scanner.pos);
    if (!startsItem(scanner)) break;
  }
  scanner.depth -= 1;
  return list;
}
