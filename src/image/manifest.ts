import { parseBoundedJson } from '../bounded-json.ts';
import { TcomposeError } from '../errors.ts';
import { isDigest } from './config-facts.ts';
import type { Descriptor, Platform } from './ingest-types.ts';
import { fieldsOf } from './json-part.ts';

/** Media types that this folder writes; images that it reads may have others. */
export const mediaTypes = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
} as const;

/** What a manifest says about an image (OCI image-spec, "Image Manifest"; docker's schema 2 has the same fields). */
export interface ManifestFacts {
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

const bad = (why: string): never => {
  throw new TcomposeError('IMAGE_CONFIG', `the manifest is not one of an image: ${why}`);
};

/**
 * A descriptor whose digest and size are checked, because they become paths and limits; of the rest, what has the right
 * type. @throws TcomposeError IMAGE_CONFIG
 */
export function checkedDescriptor(value: unknown): Descriptor {
  const { digest, size, mediaType, urls, data, artifactType, ...more } = fieldsOf(value) ?? {};
  if (typeof digest !== 'string' || !isDigest(digest))
    return bad(`${JSON.stringify(digest ?? null)} is not a digest`);
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
    return bad(`the size of ${digest} is missing`);
  const platform = platformOf(more.platform);
  const annotations = Object.entries(fieldsOf(more.annotations) ?? {}).filter(
    (one): one is [string, string] => typeof one[1] === 'string',
  );
  return {
    mediaType: typeof mediaType === 'string' ? mediaType : '',
    digest,
    size,
    ...(annotations.length === 0 ? {} : { annotations: Object.fromEntries(annotations) }),
    ...(platform === undefined ? {} : { platform }),
    ...(Array.isArray(urls) ? { urls: urls.filter((url): url is string => typeof url === 'string') } : {}),
    ...(typeof data === 'string' ? { data } : {}),
    ...(typeof artifactType === 'string' && artifactType !== '' ? { artifactType } : {}),
  };
}

/**
 * The platform of an entry of an index as dockerd reads it: an entry that names no architecture is as good as one without
 * a platform, and without an operating system it is for Linux.
 */
export function platformOf(value: unknown): Platform | undefined {
  const { os, architecture, variant, ...more } = fieldsOf(value) ?? {};
  if (typeof architecture !== 'string' || architecture === '') return undefined;
  return {
    ...more,
    os: typeof os === 'string' && os !== '' ? os : 'linux',
    architecture,
    ...(typeof variant === 'string' ? { variant } : {}),
  };
}

/** @throws TcomposeError IMAGE_CONFIG */
export function parseManifest(bytes: Uint8Array): ManifestFacts {
  let parsed: { config?: unknown; layers?: unknown } | null;
  try {
    parsed = parseBoundedJson(bytes) as typeof parsed;
  } catch (error) {
    return bad((error as Error).message);
  }
  if (typeof parsed !== 'object' || parsed === null || !Array.isArray(parsed.layers ?? []))
    return bad('it has no layers');
  return {
    config: checkedDescriptor(parsed.config),
    layers: ((parsed.layers ?? []) as unknown[]).map(checkedDescriptor),
  };
}
