import type { SourcePlace } from '../../errors.ts';
import type { Positions } from '../positions.ts';
import type { TreePath } from '../tree.ts';
import { locate, placeAt, type Source } from '../yaml/index.ts';

/** A part of a document in a merged tree: what was at `from` in the document is at `to` in the tree. */
export interface Layer {
  readonly source: Source;
  readonly document: number;
  readonly from: TreePath;
  readonly to: TreePath;
}

interface Found {
  readonly layer: Layer;
  readonly offset: number;
  readonly depth: number;
}

/** Places in a tree that was merged from layers, the earliest first; the later layer counts if both have the node. */
export class LayeredPositions implements Positions {
  readonly #layers: Layer[] = [];

  add(layer: Layer): void {
    this.#layers.push(layer);
  }

  /** Layers of a service that another one extends: below all layers of the other. */
  addBelow(layers: readonly Layer[]): void {
    this.#layers.unshift(...layers);
  }

  all(): readonly Layer[] {
    return this.#layers;
  }

  place(path: TreePath, part: 'key' | 'value' = 'key'): SourcePlace | undefined {
    let best: Found | undefined;
    for (const [layer, within] of this.#candidates(path)) {
      const document = layer.source.located()[layer.document];
      if (document === undefined) continue;
      const found = locate(document, [...layer.from, ...within], part);
      const depth = found.depth < layer.from.length ? -1 : found.depth - layer.from.length + layer.to.length;
      if (depth >= 0 && (best === undefined || depth >= best.depth))
        best = { layer, offset: found.offset, depth };
    }
    if (best === undefined) return undefined;
    return placeAt(best.layer.source.file, best.layer.source.text, best.offset);
  }

  /** The layers from which a path may come, each with the path below its `to`; the items of lists are counted across layers. */
  *#candidates(path: TreePath): Generator<[Layer, TreePath]> {
    const indexAt = this.#layers.length > 1 ? path.findIndex((step) => typeof step === 'number') : -1;
    let index = indexAt < 0 ? 0 : Number(path[indexAt]);
    for (const layer of this.#layers) {
      if (!startsWith(path, layer.to)) continue;
      const within = path.slice(layer.to.length);
      const at = indexAt - layer.to.length;
      if (indexAt < 0 || at < 0) {
        yield [layer, within];
        continue;
      }
      const length = listLength(layer, within.slice(0, at));
      if (length === undefined || index < 0) yield [layer, within.slice(0, at)];
      else if (index < length) {
        yield [layer, [...within.slice(0, at), index, ...within.slice(at + 1)]];
        index = -1;
      } else index -= length;
    }
  }
}

function listLength(layer: Layer, path: TreePath): number | undefined {
  let node = layer.source.located()[layer.document]?.value;
  for (const step of [...layer.from, ...path]) {
    if (typeof node !== 'object' || node === null || !Object.hasOwn(node, step)) return undefined;
    node = (node as Record<string | number, unknown>)[step];
  }
  return Array.isArray(node) ? node.length : undefined;
}

function startsWith(path: TreePath, prefix: TreePath): boolean {
  return prefix.length <= path.length && prefix.every((step, index) => path[index] === step);
}
