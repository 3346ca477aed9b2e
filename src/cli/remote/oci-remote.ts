import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TcomposeError } from '../../errors.ts';
import { formatReference, parseReference, withDefaultTag } from '../../image/reference.ts';
import { digestOf } from '../../registry/content/digest.ts';
import { fetchManifest } from '../../registry/content/fetch-manifest.ts';
import type { Registry } from '../../registry/registry.ts';
import { downloadBlob } from '../../registry/transfer/download.ts';
import { cached } from './cache.ts';
import { type ArtifactLayer, filesOfArtifact, parseArtifact } from './oci-artifact.ts';

/** An index leads to a project in one step. */
const deepest = 2;

/**
 * Fetches a published project, once for each digest, and returns the path of its compose file.
 * @throws TcomposeError COMPOSE_REMOTE, REGISTRY_…
 */
export async function fetchFromRegistry(
  image: string,
  root: string,
  open: (domain: string) => Promise<Registry>,
  signal: AbortSignal,
): Promise<string> {
  const reference = withDefaultTag(parseReference(image));
  const what = formatReference(reference);
  const registry = await open(reference.domain);
  const place = { path: reference.path, what, scopes: [`repository:${reference.path}:pull`], signal };
  let wanted = reference.digest ?? reference.tag!;
  for (let depth = 0; depth < deepest; depth++) {
    const { bytes, digest } = await registry.across((session) =>
      fetchManifest(session, { ...place, reference: wanted }),
    );
    const artifact = parseArtifact(bytes, what);
    if (artifact.kind === 'index') {
      wanted = artifact.project;
      continue;
    }
    const name = reference.path.split('/').at(-1)!;
    const hex = digest.slice(digest.indexOf(':') + 1);
    const directory = await cached(join(root, 'oci'), join(hex, name), async (attempt) => {
      const layers = [];
      for (const layer of artifact.layers)
        layers.push({ layer, text: (await blobOf(registry, place, layer)).toString('utf8') });
      const files = filesOfArtifact(layers, what);
      await mkdir(attempt, { recursive: true });
      for (const [file, text] of files) await writeFile(join(attempt, file), text, { flag: 'wx' });
    });
    return join(directory, 'compose.yaml');
  }
  throw new TcomposeError('COMPOSE_REMOTE', `${what}: invalid OCI artifact: an index leads to an index`);
}

type Place = Omit<Parameters<typeof downloadBlob>[1], 'descriptor'>;

/** A layer's bytes, from the manifest itself or from the registry, verified. */
async function blobOf(registry: Registry, place: Place, layer: ArtifactLayer): Promise<Buffer> {
  const { digest, size, mediaType, data } = layer;
  const inline = data === undefined ? undefined : Buffer.from(data, 'base64');
  const bytes =
    inline?.length === size ? inline : await download(registry, place, { digest, size, mediaType });
  if (bytes.length === size && digestOf(bytes, digest) === digest) return bytes;
  throw new TcomposeError('COMPOSE_REMOTE', `${place.what}: one of its files does not match its digest`);
}

async function download(
  registry: Registry,
  place: Place,
  descriptor: Parameters<typeof downloadBlob>[1]['descriptor'],
): Promise<Buffer> {
  let parts: Buffer[] = [];
  let offset = 0;
  await downloadBlob(
    registry,
    { ...place, descriptor },
    {
      get offset() {
        return offset;
      },
      async write(chunk) {
        parts.push(Buffer.from(chunk));
        offset += chunk.length;
      },
      async restart() {
        parts = [];
        offset = 0;
      },
    },
  );
  return Buffer.concat(parts);
}
