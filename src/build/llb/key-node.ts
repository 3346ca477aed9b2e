import type { CacheConfig } from './cache-config.ts';

/** What identifies a step, or a content, in caches: a record's digest, and its inputs. */
export interface KeyNode {
  readonly digest: string;
  /** For each input, alternative nodes. */
  readonly inputs: readonly (readonly KeyLink[])[];
}

export interface KeyLink {
  readonly selector: string;
  readonly node: KeyNode;
}

/** Looks up nodes among a cache's records. */
export class RecordFinder {
  readonly #byDigest = new Map<string, number[]>();
  readonly #config: CacheConfig;
  readonly #known = new Map<KeyNode, ReadonlySet<number>>();

  constructor(config: CacheConfig) {
    this.#config = config;
    for (const [at, { digest }] of config.records.entries()) {
      const known = this.#byDigest.get(digest);
      if (known === undefined) this.#byDigest.set(digest, [at]);
      else known.push(at);
    }
  }

  /** Numbers of the records that match a node: with the same digest, and a match for each input. */
  find(node: KeyNode): ReadonlySet<number> {
    const known = this.#known.get(node);
    if (known !== undefined) return known;
    const inputs = node.inputs.map((links) =>
      links.map(({ selector, node: other }) => ({ selector, records: this.find(other) })),
    );
    const found = (this.#byDigest.get(node.digest) ?? []).filter((at) => {
      const record = this.#config.records[at]!;
      return (
        record.inputs.length === inputs.length &&
        record.inputs.every((links, input) =>
          links.some((link) =>
            inputs[input]!.some(
              ({ selector, records }) => selector === link.selector && records.has(link.record),
            ),
          ),
        )
      );
    });
    const set = new Set(found);
    this.#known.set(node, set);
    return set;
  }

  /** To be called when nodes have got more links. */
  forget(): void {
    this.#known.clear();
  }
}
