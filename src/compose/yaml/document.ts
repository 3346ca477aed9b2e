import type { YamlProblem } from './problem.ts';

/** Offsets of the members of a mapping or sequence: [key, value] by key, or the item by index. */
export type NodePlaces =
  | { readonly start: number; readonly keys: Map<string, readonly [number, number]> }
  | { readonly start: number; readonly items: number[] };

/** One document of a YAML stream. */
export interface YamlDocument {
  /**
   * Plain data. Aliased nodes are shared objects, so it must not be changed in place. If `marked`, it contains TagMark
   * objects, which `splitMarks` removes.
   */
  readonly value: unknown;
  readonly marked: boolean;
  /** Offset of the document's first content. */
  readonly start: number;
}

export interface YamlStream {
  readonly documents: readonly YamlDocument[];
  readonly unknownTags: readonly { readonly tag: string; readonly offset: number }[];
  /** Keys that are not strings or that their mapping already had, the first few; the last value counts. */
  readonly mistakes: readonly YamlProblem[];
}

/** A node under `!reset` or `!override`, as the parsers leave it in the data. */
export class TagMark {
  readonly tag: '!reset' | '!override';
  readonly value: unknown;

  constructor(tag: '!reset' | '!override', value: unknown) {
    this.tag = tag;
    this.value = value;
  }
}
