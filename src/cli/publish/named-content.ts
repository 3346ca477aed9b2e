import { TcomposeError } from '../../errors.ts';
import type { Descriptor } from '../../image/ingest-types.ts';
import { isDigest } from '../../registry/content/digest.ts';
import { bareType, isForeignLayer } from '../../registry/content/media-types.ts';

/** What a registry has to contain before it accepts a manifest or an index. */
export interface NamedContent {
  readonly mediaType: string;
  /** Digests of the manifests in an index. */
  readonly manifests: readonly string[];
  readonly blobs: readonly Descriptor[];
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/**
 * Lists what a manifest of any kind refers to, an image's, an attestation's or an index's: it is only copied. Layers
 * with external addresses (`urls`) are left out. Pure.
 * @throws TcomposeError REGISTRY_CONTENT
 */
export function namedContent(bytes: Uint8Array, contentType: string | undefined, what: string): NamedContent {
  const malformed = (why: string) =>
    new TcomposeError('REGISTRY_CONTENT', `a manifest of ${what} cannot be used: ${why}`, {
      hint: 'Ask its author to push it again.',
    });
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    throw malformed('it is not JSON');
  }
  if (!isObject(value)) throw malformed('it is not a JSON object');
  const digest = (entry: unknown): string => {
    if (isObject(entry) && isDigest(entry.digest)) return entry.digest;
    throw malformed('an entry has no digest');
  };
  const blob = (entry: unknown): Descriptor => {
    const known = digest(entry);
    const { size, mediaType } = entry as Partial<Descriptor>;
    if (!Number.isSafeInteger(size) || size! < 0) throw malformed(`${known} has no size`);
    return { mediaType: String(mediaType ?? ''), digest: known, size: size! };
  };
  const own = typeof value.mediaType === 'string' ? value.mediaType : (contentType ?? '');
  const named = [...(value.config === undefined ? [] : [value.config]), ...listOf(value.layers)];
  const blobs = named.map(blob);
  return {
    mediaType: bareType(own),
    manifests: [...new Set(listOf(value.manifests).map(digest))],
    blobs: [...new Map(blobs.map((one) => [one.digest, one])).values()].filter(
      ({ mediaType }) => !isForeignLayer(mediaType),
    ),
  };
}
