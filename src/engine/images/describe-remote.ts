import { parseBoundedJson } from '../../bounded-json.ts';
import { TcomposeError } from '../../errors.ts';
import { familiarReference, type ImageReference } from '../../image/reference.ts';
import { fetchManifest } from '../../registry/content/fetch-manifest.ts';
import { parseManifest } from '../../registry/content/manifest.ts';
import { bareType } from '../../registry/content/media-types.ts';
import { downloadBlob } from '../../registry/transfer/download.ts';
import type { Registries, RegistryRequest } from './registries.ts';

/** Answer of `GET /distribution/{name}/json`. */
export interface RemoteDescription {
  readonly Descriptor: { readonly mediaType: string; readonly digest: string; readonly size: number };
  readonly Platforms: readonly object[];
}

const maxConfigSize = 8 * 1024 * 1024;

/** What a registry has under a reference: its digest, and the platforms according to an index or a configuration. */
export async function describeRemote(
  registries: Registries,
  reference: ImageReference,
  request: RegistryRequest,
): Promise<RemoteDescription> {
  const { domain, path, tag = 'latest', digest } = reference;
  const { signal } = request;
  const registry = registries.open(domain, request, () => undefined);
  const what = familiarReference(reference);
  const scopes = [`repository:${path}:pull`];
  const place = { path, reference: digest ?? tag, what, scopes, signal };
  const fetched = await registry.across((session) => fetchManifest(session, place));
  const described = (mediaType: string, platforms: readonly object[]): RemoteDescription => ({
    Descriptor: { mediaType, digest: fetched.digest, size: fetched.bytes.length },
    Platforms: platforms,
  });
  try {
    const manifest = parseManifest(fetched.bytes, fetched.contentType, what);
    if (manifest.kind === 'index') {
      return described(
        manifest.mediaType,
        manifest.entries.flatMap(({ shownPlatform }) => (shownPlatform === undefined ? [] : [shownPlatform])),
      );
    }
    const { config } = manifest;
    if (config.size > maxConfigSize) return described(manifest.mediaType, []);
    const sink = memorySink();
    await downloadBlob(registry, { path, descriptor: config, what, scopes, signal }, sink);
    return described(manifest.mediaType, platformOf(sink.bytes()));
  } catch (error) {
    // An artifact has a digest, too.
    if (!(error instanceof TcomposeError) || error.code !== 'REGISTRY_UNSUPPORTED') throw error;
    return described(bareType(fetched.contentType ?? ''), []);
  }
}

function platformOf(config: Buffer): object[] {
  try {
    const { os, architecture, variant } = parseBoundedJson(config) as Record<string, unknown>;
    if (typeof os !== 'string' || typeof architecture !== 'string') return [];
    return [{ architecture, os, ...(typeof variant === 'string' && variant !== '' ? { variant } : {}) }];
  } catch {
    return [];
  }
}

function memorySink() {
  let parts: Buffer[] = [];
  let offset = 0;
  return {
    get offset() {
      return offset;
    },
    async write(chunk: Uint8Array) {
      parts.push(Buffer.from(chunk));
      offset += chunk.length;
    },
    async restart() {
      parts = [];
      offset = 0;
    },
    bytes: () => Buffer.concat(parts),
  };
}
