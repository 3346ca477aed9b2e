import type { Tree, TreeMap } from '../tree.ts';
import type { Removal } from '../yaml/index.ts';
import type { Layer, LayeredPositions } from './layers.ts';

/** The services of one file, among which `extends: name` looks. */
export interface ExtendScope {
  /** Absolute path, or `-`. */
  readonly file: string;
  /** Directory that `extends.file` counts from. */
  readonly directory: string;
  readonly services: TreeMap;
  /** Services of files merged before, for a name this file doesn't have. */
  readonly earlier?: TreeMap | undefined;
  readonly removals: readonly Removal[];
  readonly positions: LayeredPositions;
  readonly done: Map<string, Extended>;
}

export interface Extended {
  readonly service: Tree;
  /** What it was made of, as layers of `services.<name>` in their files: base first. */
  readonly layers: readonly Layer[];
  /** Services it extends, one through the other. */
  readonly depth: number;
}
