import { TcomposeError } from '../../errors.ts';
import type { Descriptor } from '../../image/ingest-types.ts';
import { formatReference, parseReference, withDefaultTag } from '../../image/reference.ts';
import { pushManifest } from '../../registry/content/push-manifest.ts';
import type { Registry } from '../../registry/registry.ts';
import { uploadBlob } from '../../registry/transfer/upload.ts';
import { type ArtifactFile, artifactOf, descriptorOf, type OciVersion } from './artifact-manifest.ts';

interface PushOptions {
  /** Undefined: 1.1, or 1.0 if the registry does not accept that. */
  readonly version: OciVersion | undefined;
  readonly created: string;
  readonly composeVersion: string;
  readonly signal: AbortSignal;
}

/** Uploads a project's files to a registry, the manifest last. @returns the manifest's descriptor */
export async function pushArtifact(
  repository: string,
  files: readonly ArtifactFile[],
  registry: Registry,
  options: PushOptions,
): Promise<Descriptor> {
  const { version = '1.1' } = options;
  try {
    return await push(repository, files, registry, { ...options, version });
  } catch (error) {
    const refused = error instanceof TcomposeError && error.code === 'REGISTRY_PUSH';
    if (options.version !== undefined || !refused) throw error;
    return await push(repository, files, registry, { ...options, version: '1.0' });
  }
}

async function push(
  repository: string,
  files: readonly ArtifactFile[],
  { main }: Registry,
  options: PushOptions & { readonly version: OciVersion },
): Promise<Descriptor> {
  const reference = withDefaultTag(parseReference(repository));
  const what = formatReference(reference);
  const { path, tag } = reference;
  const place = { path, what, scopes: [`repository:${path}:pull,push`], signal: options.signal };
  const { manifest, blobs } = artifactOf(files, options);
  for (const { digest, bytes, mediaType } of blobs)
    await uploadBlob(main, {
      ...place,
      descriptor: { digest, size: bytes.length, mediaType },
      mountFrom: [],
      open: async function* (offset) {
        yield bytes.subarray(offset);
      },
    });
  await pushManifest(main, { ...place, reference: tag! }, manifest);
  return descriptorOf(manifest);
}
