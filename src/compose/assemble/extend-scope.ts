import type { Tree, TreeMap } from '../tree.ts';
import type { Removal } from '../yaml/index.ts';
import type { Layer, LayeredPositions } from './layers.ts';

/** The services of one file, in which `extends: name` looks. */
export interface ExtendScope {
  /** Absolute path, or `-`. */
  readonly file: string;
  /** Directory to which `extends.file` is relative. */
  readonly directory: string;
  readonly services: TreeMap;
  /** Services of files merged before, for a name that this file lacks. */
  readonly earlier?: TreeMap | undefined;
  readonly removals: readonly Removal[];
  readonly positions: LayeredPositions;
  readonly done: Map<string, Extended>;
}

export interface Extended {
  readonly service: Tree;
  /** Its sources, as layers of `services.<name>` in their files: base first. */
  readonly layers: readonly Layer[];
  /** Number of services it extends, one through the other. */
  readonly depth: number;
}
