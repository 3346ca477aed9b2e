/**
 * Records of a cache in the form that BuildKit exports (`application/vnd.buildkit.cacheconfig.v0`, and
 * `moby.buildkit.cache.v0` in the configuration of an image): which operation on which inputs made which layers.
 */
export interface CacheConfig {
  readonly layers: readonly CacheLayer[];
  readonly records: readonly CacheRecord[];
}

export interface CacheLayer {
  /** Digest of its blob. */
  readonly blob: string;
  /** The layer below; -1 for none. */
  readonly parent: number;
}

export interface CacheRecord {
  readonly digest: string;
  /** For each input, the alternative records for it. */
  readonly inputs: readonly (readonly CacheLink[])[];
  readonly results: readonly CacheResult[];
}

export interface CacheLink {
  readonly record: number;
  readonly selector: string;
}

export interface CacheResult {
  /** Numbers of layers, the lowest first. */
  readonly chain: readonly number[];
  /** RFC 3339. */
  readonly created: string;
}

export const cacheConfigType = 'application/vnd.buildkit.cacheconfig.v0';

/** How many layers on top of each other are followed. */
const deepest = 1000;

type Json = Readonly<Record<string, unknown>>;

/** Reads a configuration; malformed or circular parts are left out. Undefined when it is not a configuration at all. */
export function readCacheConfig(bytes: Uint8Array): CacheConfig | undefined {
  const value = parsed(bytes);
  if (!isObject(value) || !Array.isArray(value.records)) return undefined;
  const layers = listOf(value.layers).map(
    (layer): CacheLayer => ({ blob: textOf(layer.blob), parent: numberOf(layer.parent) }),
  );
  return { layers, records: recordsOf(value.records, layers) };
}

/** Reads the records in an image's configuration; their layers are those of the image. */
export function readInlineRecords(
  bytes: Uint8Array,
  blobs: readonly string[],
): readonly CacheRecord[] | undefined {
  const value = parsed(bytes);
  if (!Array.isArray(value)) return undefined;
  return recordsOf(value, inlineLayers(blobs));
}

/** The layers of an image, each based on the previous one. */
export const inlineLayers = (blobs: readonly string[]): readonly CacheLayer[] =>
  blobs.map((blob, at) => ({ blob, parent: at - 1 }));

function recordsOf(values: unknown, layers: readonly CacheLayer[]): readonly CacheRecord[] {
  return listOf(values).map((record): CacheRecord => {
    const inputs = Array.isArray(record.inputs) ? record.inputs : [];
    return {
      digest: textOf(record.digest),
      inputs: inputs.map((links) =>
        listOf(links).map((link) => ({ record: numberOf(link.link), selector: textOf(link.selector) })),
      ),
      results: [
        ...listOf(record.layers).flatMap((one) => {
          const chain = chainOf(layers, numberOf(one.layer));
          return chain === undefined ? [] : [{ chain, created: textOf(one.createdAt) }];
        }),
        ...listOf(record.chains).flatMap((one) => {
          const chain = Array.isArray(one.layers) ? one.layers.map(numberOf) : [];
          const known = chain.length > 0 && chain.every((at) => layers[at] !== undefined);
          return known ? [{ chain, created: textOf(one.createdAt) }] : [];
        }),
      ],
    };
  });
}

function chainOf(layers: readonly CacheLayer[], top: number): readonly number[] | undefined {
  const chain: number[] = [];
  for (let at = top; at !== -1; at = layers[at]!.parent) {
    if (layers[at] === undefined || chain.length >= deepest) return undefined;
    chain.unshift(at);
  }
  return chain.length === 0 ? undefined : chain;
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const listOf = (value: unknown): readonly Json[] =>
  Array.isArray(value) ? value.map((one) => (isObject(one) ? one : {})) : [];
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const numberOf = (value: unknown): number => (Number.isInteger(value) ? (value as number) : 0);

/** The configuration in its stored form. */
export function writeCacheConfig({ layers, records }: CacheConfig): Buffer {
  return Buffer.from(
    JSON.stringify({
      layers: layers.map(({ blob, parent }) => (parent === 0 ? { blob } : { blob, parent })),
      records: writtenRecords(records),
    }),
  );
}

/** The records in the form stored in an image's configuration. */
export const writeInlineRecords = (records: readonly CacheRecord[]): Buffer =>
  Buffer.from(JSON.stringify(writtenRecords(records)));

const writtenRecords = (records: readonly CacheRecord[]): readonly Json[] =>
  records.map(({ digest, inputs, results }) => ({
    ...(results.length === 0
      ? {}
      : { layers: results.map(({ chain, created }) => ({ layer: chain.at(-1), createdAt: created })) }),
    digest,
    ...(inputs.length === 0
      ? {}
      : {
          inputs: inputs.map((links) =>
            links.map(({ record, selector }) => ({
              ...(selector === '' ? {} : { selector }),
              link: record,
            })),
          ),
        }),
  }));
