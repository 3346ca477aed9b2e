import type { SourcePlace } from '../../errors.ts';
import type { TreePath } from '../tree.ts';
import { type NodePlaces, TagMark } from './document.ts';

/** A document with the places of its nodes. */
export interface LocatedDocument {
  readonly value: unknown;
  readonly start: number;
  readonly places: ReadonlyMap<object, NodePlaces>;
}

interface Location {
  /** Offset into the text. */
  readonly offset: number;
  /** How many steps of the path exist in the document. */
  readonly depth: number;
}

/** The place of the deepest node on a path that exists in the document. */
export function locate(document: LocatedDocument, path: TreePath, part: 'key' | 'value' = 'key'): Location {
  let node = document.value;
  let offset = document.start;
  for (const [depth, step] of path.entries()) {
    while (node instanceof TagMark) node = node.value;
    if (typeof node !== 'object' || node === null) return { offset, depth };
    const places = document.places.get(node);
    if (places === undefined) return { offset, depth };
    if ('keys' in places) {
      const place = places.keys.get(String(step));
      if (place === undefined) return { offset, depth };
      offset = place[part === 'value' && depth === path.length - 1 ? 1 : 0];
      node = (node as Record<string, unknown>)[String(step)];
    } else {
      const index = typeof step === 'number' ? step : listIndexOfKey(node as unknown[], step);
      const place = index === undefined ? undefined : places.items[index];
      if (index === undefined || place === undefined) return { offset, depth };
      offset = place;
      node = (node as unknown[])[index];
    }
  }
  return { offset, depth: path.length };
}

/** In a list that is equivalent to a mapping (`- KEY=value`, `- service`), the item for a key. */
function listIndexOfKey(list: readonly unknown[], key: string): number | undefined {
  const index = list.findIndex(
    (item) =>
      item === key ||
      (typeof item === 'string' && /[=:]/.test(item.charAt(key.length)) && item.startsWith(key)),
  );
  return index < 0 ? undefined : index;
}

/** Line, column and text of the line at an offset. */
export function placeAt(file: string, text: string, offset: number): SourcePlace {
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1;
  const lineEnd = text.indexOf('\n', offset);
  let line = 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < lineStart; at = text.indexOf('\n', at + 1)) line += 1;
  const column = offset - lineStart + 1;
  const length = (lineEnd < 0 ? text.length : lineEnd) - lineStart;
  if (length <= maxShown)
    return { file, line, column, sourceLine: text.slice(lineStart, lineStart + length) };
  // For a very long line the beginning is shown, if it contains the place.
  if (column > maxShown / 2) return { file, line, column };
  return { file, line, column, sourceLine: `${text.slice(lineStart, lineStart + maxShown)}…` };
}

/** Characters of a line that messages show. */
const maxShown = 240;
