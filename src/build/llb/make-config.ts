import type { CacheConfig, CacheLayer, CacheLink, CacheRecord, CacheResult } from './cache-config.ts';
import type { KeyNode } from './key-node.ts';

/** What is known about a node when a cache is written. */
export interface KeptResult {
  readonly node: KeyNode;
  /** Digests of its layers' blobs, the lowest first; undefined if they are not kept. */
  readonly blobs: readonly string[] | undefined;
  /** RFC 3339. */
  readonly created: string;
}

/**
 * The records of a build, or of several builds that share a cache: one for each node, with its inputs; equal nodes are
 * merged. Nodes with an input that nobody can find are left out.
 */
export function makeCacheConfig(results: readonly KeptResult[]): CacheConfig {
  const maker = new ConfigMaker(results);
  for (const { node } of results) maker.add(node);
  return { layers: maker.layers, records: maker.records };
}

class ConfigMaker {
  readonly layers: CacheLayer[] = [];
  readonly records: CacheRecord[] = [];
  readonly #results: ReadonlyMap<KeyNode, KeptResult>;
  readonly #numbers = new Map<KeyNode, number | undefined>();
  /** By everything in a record except its results. */
  readonly #known = new Map<string, number>();
  readonly #layerNumbers = new Map<string, number>();

  constructor(results: readonly KeptResult[]) {
    this.#results = new Map(results.map((result) => [result.node, result]));
  }

  /** The number of a node's record; undefined if it can't have one. */
  add(node: KeyNode): number | undefined {
    if (this.#numbers.has(node)) return this.#numbers.get(node);
    const number = this.#record(node);
    this.#numbers.set(node, number);
    return number;
  }

  #record(node: KeyNode): number | undefined {
    const inputs = node.inputs.map((links) =>
      links.flatMap(({ selector, node: other }): readonly CacheLink[] => {
        const record = this.add(other);
        return record === undefined ? [] : [{ record, selector }];
      }),
    );
    if (inputs.some((links) => links.length === 0)) return undefined;
    const result = this.#results.get(node);
    const results =
      result?.blobs === undefined || result.blobs.length === 0
        ? []
        : [{ chain: this.#chain(result.blobs), created: result.created }];
    const key = JSON.stringify([node.digest, inputs]);
    const known = this.#known.get(key);
    if (known !== undefined) {
      this.#merge(known, results);
      return known;
    }
    const number = this.records.push({ digest: node.digest, inputs, results }) - 1;
    this.#known.set(key, number);
    return number;
  }

  #merge(number: number, more: readonly CacheResult[]): void {
    const record = this.records[number]!;
    const chains = new Set(record.results.map(({ chain }) => chain.join()));
    const results = more.filter(({ chain }) => !chains.has(chain.join()));
    if (results.length > 0) this.records[number] = { ...record, results: [...record.results, ...results] };
  }

  #chain(blobs: readonly string[]): readonly number[] {
    const chain: number[] = [];
    for (const blob of blobs) {
      const parent = chain.at(-1) ?? -1;
      const key = `${parent} ${blob}`;
      const known = this.#layerNumbers.get(key);
      const number = known ?? this.layers.push({ blob, parent }) - 1;
      this.#layerNumbers.set(key, number);
      chain.push(number);
    }
    return chain;
  }
}
