import type { Descriptor } from '../../image/ingest-types.ts';
import { digestOf } from '../../registry/content/digest.ts';
import { mediaTypes } from '../../registry/content/media-types.ts';
import { annotations, artifactTypes } from '../remote/oci-artifact.ts';

/** A file of an artifact. */
export interface ArtifactFile {
  readonly name: string;
  readonly kind: 'compose' | 'env';
  readonly text: string;
}

export type OciVersion = '1.0' | '1.1';

interface Blob {
  readonly digest: string;
  readonly bytes: Buffer;
  readonly mediaType: string;
}

const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const emptyType = 'application/vnd.oci.empty.v1+json';

/**
 * The manifest and blobs of a published project, in Docker Compose's format. Registries without support for artifact
 * types accept version 1.0, whose configuration states the type. `created` is RFC 3339. Pure.
 */
export function artifactOf(
  files: readonly ArtifactFile[],
  options: { readonly version: OciVersion; readonly created: string; readonly composeVersion: string },
): { readonly manifest: Blob; readonly blobs: readonly Blob[] } {
  const { version, created, composeVersion } = options;
  const empty = blobOf(Buffer.from('{}'), version === '1.1' ? emptyType : artifactTypes.oldConfig);
  const layers = files.map(({ name, kind, text }) => ({
    blob: blobOf(Buffer.from(text), kind === 'compose' ? artifactTypes.file : artifactTypes.envFile),
    noted:
      kind === 'compose'
        ? { [annotations.file]: name, [annotations.version]: composeVersion }
        : { [annotations.envFile]: name, [annotations.version]: composeVersion },
  }));
  const manifest = {
    schemaVersion: 2,
    mediaType: manifestType,
    ...(version === '1.1' ? { artifactType: artifactTypes.project } : {}),
    config: { ...descriptorOf(empty), data: empty.bytes.toString('base64') },
    layers: layers.map(({ blob, noted }) => ({
      ...descriptorOf(blob),
      annotations: noted,
      data: blob.bytes.toString('base64'),
    })),
    annotations: { 'org.opencontainers.image.created': created },
  };
  return {
    manifest: blobOf(Buffer.from(JSON.stringify(manifest)), manifestType),
    blobs: [empty, ...layers.map(({ blob }) => blob)],
  };
}

/**
 * The index of a published application: its images, with the project's own manifest as their subject. It has no tag:
 * from the project it is found through the registry's referrers. Pure.
 */
export function applicationIndex(
  project: Descriptor,
  images: readonly (Descriptor & { readonly annotations: Readonly<Record<string, string>> })[],
  composeVersion: string,
): Blob {
  const index = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociIndex,
    manifests: images,
    subject: project,
    annotations: { [annotations.version]: composeVersion },
  };
  return blobOf(Buffer.from(JSON.stringify(index)), mediaTypes.ociIndex);
}

export const descriptorOf = ({ digest, bytes, mediaType }: Blob): Descriptor => ({
  mediaType,
  digest,
  size: bytes.length,
});

const blobOf = (bytes: Buffer, mediaType: string): Blob => ({ digest: digestOf(bytes), bytes, mediaType });
