import { parseBoundedJson } from '../../bounded-json.ts';
import { TcomposeError } from '../../errors.ts';
import type { Descriptor, Platform } from '../../image/ingest-types.ts';
import { normalisePlatform } from '../../image/platform.ts';
import { isDigest } from './digest.ts';
import {
  bareType,
  isImageConfig,
  isLayer,
  type ManifestKind,
  manifestKind,
  mediaTypes,
} from './media-types.ts';

/** An entry of an index. */
export interface IndexEntry extends Descriptor {
  /** The platform as written, for answers that show it. */
  readonly shownPlatform?: Readonly<Record<string, unknown>>;
  readonly kind: ManifestKind | undefined;
  /** An attestation, a signature or another artifact: never an image to run. */
  readonly artifact: boolean;
}

export interface ImageManifest {
  readonly kind: 'image';
  readonly mediaType: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

export interface ImageIndex {
  readonly kind: 'index';
  readonly mediaType: string;
  readonly entries: readonly IndexEntry[];
}

/** Most bytes of a manifest; registries must accept 4 MiB, dockerd's limit was 5. */
export const maxManifestSize = 8 * 1024 * 1024;
const maxEntries = 10_000;
/** A little more than an overlay supports. */
const maxLayers = 1000;

/**
 * Parses a manifest or an index. Its type is that of the answer's header, else its own `mediaType`, else determined by
 * its form. `what` names it in errors: `registry.example/app:1`.
 * @throws TcomposeError REGISTRY_CONTENT when it is malformed, REGISTRY_UNSUPPORTED when it is not a container image.
 */
export function parseManifest(
  bytes: Uint8Array,
  contentType: string | undefined,
  what: string,
): ImageManifest | ImageIndex {
  const value = parseJson(bytes, what);
  const own = typeof value.mediaType === 'string' ? value.mediaType : undefined;
  const shape = shapeOf(value);
  const kind = manifestKind(contentType) ?? manifestKind(own) ?? shape;
  if (kind === 'schema1' || (value.schemaVersion === 1 && kind !== 'index')) throw schema1(what);
  if (kind === undefined)
    throw noImage(what, own ?? bareType(contentType ?? '') ?? 'a document of an unknown type');
  if (own !== undefined && manifestKind(own) !== kind) {
    throw malformed(what, `it was sent as ${bareType(contentType ?? kind)} and declares itself ${own}`);
  }
  if (value.manifests !== undefined && (value.layers !== undefined || value.config !== undefined)) {
    throw malformed(what, 'it is an index and an image at once');
  }
  const mediaType =
    bareType(own ?? (manifestKind(contentType) === undefined ? '' : contentType!)) || ociTypeOf(kind);
  return kind === 'index'
    ? { kind, mediaType, entries: entriesOf(value, what) }
    : imageOf(value, mediaType, what);
}

function parseJson(bytes: Uint8Array, what: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = parseBoundedJson(bytes);
  } catch (error) {
    throw malformed(what, `it is not JSON (${(error as Error).message})`);
  }
  if (!isRecord(value)) throw malformed(what, 'it is not a JSON object');
  return value;
}

function shapeOf(value: Readonly<Record<string, unknown>>): ManifestKind | undefined {
  if (Array.isArray(value.manifests)) return 'index';
  if (isRecord(value.config) && Array.isArray(value.layers)) return 'image';
  return value.schemaVersion === 1 ? 'schema1' : undefined;
}

const ociTypeOf = (kind: ManifestKind): string =>
  kind === 'index' ? mediaTypes.ociIndex : mediaTypes.ociManifest;

function imageOf(value: Readonly<Record<string, unknown>>, mediaType: string, what: string): ImageManifest {
  const { config, layers, artifactType } = value;
  if (!isRecord(config)) throw malformed(what, 'it names no configuration');
  const configType = typeof config.mediaType === 'string' ? config.mediaType : '';
  // An artifact is recognised by its own type, or by that of its configuration.
  if (!isImageConfig(configType)) {
    throw noImage(what, typeof artifactType === 'string' && artifactType !== '' ? artifactType : configType);
  }
  if (!Array.isArray(layers)) throw malformed(what, 'it names no layers');
  if (layers.length > maxLayers)
    throw malformed(what, `it has ${layers.length} layers, more than ${maxLayers}`);
  const list = layers.map((layer, index) => descriptorOf(layer, `layer ${index}`, what));
  const other = list.find((layer) => !isLayer(layer.mediaType));
  if (other !== undefined) throw noImage(what, other.mediaType);
  return { kind: 'image', mediaType, config: descriptorOf(config, 'the configuration', what), layers: list };
}

function entriesOf(value: Readonly<Record<string, unknown>>, what: string): IndexEntry[] {
  const { manifests } = value;
  if (!Array.isArray(manifests)) throw malformed(what, 'it is an index without entries');
  if (manifests.length > maxEntries) throw malformed(what, `it has more than ${maxEntries} entries`);
  return manifests.map((entry, index): IndexEntry => {
    const descriptor = descriptorOf(entry, `entry ${index}`, what);
    const { platform, annotations, artifactType } = entry as Readonly<Record<string, unknown>>;
    const attestation =
      isRecord(annotations) && annotations['vnd.docker.reference.type'] === 'attestation-manifest';
    const read = isRecord(platform) ? platformOf(platform) : undefined;
    return {
      ...descriptor,
      ...(read === undefined ? {} : { platform: read }),
      ...(isRecord(platform) ? { shownPlatform: platform } : {}),
      kind: manifestKind(descriptor.mediaType),
      artifact:
        attestation ||
        (typeof artifactType === 'string' && artifactType !== '') ||
        read?.os === 'unknown' ||
        read?.architecture === 'unknown',
    };
  });
}

/** The platform of an entry as dockerd reads it: without an operating system it is for Linux. */
function platformOf(value: Readonly<Record<string, unknown>>): Platform | undefined {
  const { os, architecture, variant } = value;
  if (typeof architecture !== 'string' || architecture === '') return undefined;
  return normalisePlatform({
    os: typeof os === 'string' && os !== '' ? os : 'linux',
    architecture,
    ...(typeof variant === 'string' ? { variant } : {}),
  });
}

function descriptorOf(value: unknown, name: string, what: string): Descriptor {
  if (!isRecord(value)) throw malformed(what, `${name} is not an object`);
  const { mediaType, digest, size, data, urls } = value;
  if (!isDigest(digest)) throw malformed(what, `the digest of ${name} is not valid: ${shown(digest)}`);
  if (!Number.isSafeInteger(size) || (size as number) < 0) {
    throw malformed(what, `the size of ${name} is not valid: ${shown(size)}`);
  }
  return {
    mediaType: typeof mediaType === 'string' ? mediaType : '',
    digest,
    size: size as number,
    ...(typeof data === 'string' ? { data } : {}),
    ...(Array.isArray(urls) ? { urls: urls.filter((url): url is string => typeof url === 'string') } : {}),
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const shown = (value: unknown): string => (JSON.stringify(value) ?? 'nothing').slice(0, 100);

const malformed = (what: string, why: string): TcomposeError =>
  new TcomposeError('REGISTRY_CONTENT', `the manifest of ${what} cannot be used: ${why}`, {
    hint: 'Ask its author to push it again.',
  });

function noImage(what: string, type: string): TcomposeError {
  const known: Readonly<Record<string, string>> = {
    'application/vnd.cncf.helm.config.v1+json': ' (a Helm chart)',
    'application/vnd.docker.plugin.v1+json': ' (a plugin for Docker)',
    'application/vnd.docker.compose.project': ' (a Compose project: use it with -f oci://…)',
    'application/vnd.wasm.config.v0+json': ' (a WebAssembly module)',
  };
  return new TcomposeError(
    'REGISTRY_UNSUPPORTED',
    `${what} is not a container image but ${type === '' ? 'of no known type' : `${type}${known[type] ?? ''}`}`,
    { hint: 'Nothing was stored; fetch it with the tool that made it.' },
  );
}

const schema1 = (what: string): TcomposeError =>
  new TcomposeError(
    'REGISTRY_UNSUPPORTED',
    `${what} is in the Docker image format v1 or manifest version 2, schema 1, which is obsolete since 2017`,
    { hint: 'Ask its author to push it again in the OCI format or in schema 2.' },
  );
