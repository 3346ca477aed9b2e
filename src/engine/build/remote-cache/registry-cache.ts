import { TcomposeError } from '../../../errors.ts';
import type { BlobWriter, Descriptor } from '../../../image/ingest-types.ts';
import { familiarReference, type ImageReference } from '../../../image/reference.ts';
import { digestOf } from '../../../registry/content/digest.ts';
import { fetchManifest, type ManifestPlace } from '../../../registry/content/fetch-manifest.ts';
import { manifestKind } from '../../../registry/content/media-types.ts';
import { pushManifest } from '../../../registry/content/push-manifest.ts';
import { type BlobSink, downloadBlob } from '../../../registry/transfer/download.ts';
import { uploadBlob } from '../../../registry/transfer/upload.ts';
import type { Engine } from '../../context.ts';
import { bringBlob } from '../../images/pull/bring-blob.ts';
import type { RegistryIdentity } from '../build-client.ts';
import { type CacheSource, type CacheTarget, largestSmall } from './backend.ts';

interface Way extends RegistryIdentity {
  readonly signal: AbortSignal;
}

/** A cache in a registry's repository, or an image there that contains one. */
export function registrySource(engine: Engine, reference: ImageReference, way: Way): CacheSource {
  const { registries } = engine;
  const { signal } = way;
  const registry = registries.open(reference.domain, way, () => {});
  const place = placeOf(reference, 'pull', signal);
  const blob = (descriptor: Descriptor, again = false) => ({ ...place, descriptor, again });
  return {
    name: place.what,
    manifest: async () => (await registry.across((session) => fetchManifest(session, place))).bytes,
    async read(descriptor) {
      if (manifestKind(descriptor.mediaType) !== undefined) {
        const at = { ...place, reference: descriptor.digest };
        return (await registry.across((session) => fetchManifest(session, at))).bytes;
      }
      const sink = new MemorySink(descriptor);
      await downloadBlob(registry, blob(descriptor), sink);
      return sink.verified();
    },
    async bring(descriptor, ingest) {
      const { parallel } = registries.settings();
      const transfer = async (writer: BlobWriter, again: boolean): Promise<void> => {
        const release = await registries.slots.take(registry.domain, parallel, signal, () => {});
        await downloadBlob(registry, blob(descriptor, again), writer).finally(release);
      };
      const wrong = (cause: TcomposeError): TcomposeError => cause;
      await bringBlob({ request: () => ingest.blob(descriptor), transfer, signal, wrong });
    },
  };
}

/** A registry's repository to write a cache to. */
export function registryTarget(engine: Engine, reference: ImageReference, way: Way): CacheTarget {
  const session = engine.registries.open(reference.domain, way, () => {}).main;
  const place = placeOf(reference, 'pull,push', way.signal);
  const upload = (descriptor: Descriptor, open: (offset: number) => AsyncIterable<Uint8Array>) =>
    uploadBlob(session, { ...place, descriptor, mountFrom: [], open });
  return {
    name: place.what,
    async layer(descriptor) {
      const blob = await engine.images.openBlob(descriptor.digest);
      if (blob === undefined)
        throw new TcomposeError('IMAGE_STORE', `the layer ${descriptor.digest} is not in the store`);
      await upload(descriptor, (offset) => blob.stream(offset)).finally(() => blob.close());
    },
    async small({ descriptor, bytes }) {
      await upload(descriptor, async function* (offset) {
        yield bytes.subarray(offset);
      });
    },
    manifest: ({ descriptor, bytes }) =>
      pushManifest(session, place, { bytes, mediaType: descriptor.mediaType }),
  };
}

function placeOf(reference: ImageReference, actions: string, signal: AbortSignal): ManifestPlace {
  const { path, tag, digest } = reference;
  return {
    path,
    reference: digest ?? tag ?? 'latest',
    what: familiarReference(reference),
    scopes: [`repository:${path}:${actions}`],
    signal,
  };
}

/** Collects a small blob in memory. */
class MemorySink implements BlobSink {
  readonly #descriptor: Descriptor;
  #parts: Uint8Array[] = [];
  offset = 0;

  constructor(descriptor: Descriptor) {
    if (descriptor.size > largestSmall)
      throw new TcomposeError('REGISTRY_CONTENT', `${descriptor.digest} has ${descriptor.size} bytes`);
    this.#descriptor = descriptor;
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#parts.push(Buffer.from(chunk));
    this.offset += chunk.length;
    if (this.offset > this.#descriptor.size) throw this.#wrong();
  }

  async restart(): Promise<void> {
    this.#parts = [];
    this.offset = 0;
  }

  verified(): Buffer {
    const bytes = Buffer.concat(this.#parts);
    if (digestOf(bytes, this.#descriptor.digest) !== this.#descriptor.digest) throw this.#wrong();
    return bytes;
  }

  #wrong(): TcomposeError {
    const { digest } = this.#descriptor;
    return new TcomposeError('REGISTRY_CONTENT', `verification failed for the blob ${digest}`);
  }
}
