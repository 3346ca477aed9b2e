import { TcomposeError } from '../../../errors.ts';
import type { BlobRequest, BlobWriter, Descriptor, Ingest } from '../../../image/index.ts';
import type { ManifestPlace } from '../../../registry/content/fetch-manifest.ts';
import type { Registry } from '../../../registry/registry.ts';
import { type BlobSink, downloadBlob } from '../../../registry/transfer/download.ts';
import type { Slots } from '../slots.ts';
import type { TellProgress } from '../transfer-progress.ts';
import { bringBlob } from './bring-blob.ts';

/** What is needed to fetch the blobs of one image. */
export interface BlobSource {
  readonly registry: Registry;
  readonly place: ManifestPlace;
  readonly slots: Slots;
  /** Simultaneous downloads from one registry. */
  readonly parallel: number;
  readonly ingest: Ingest;
  readonly tell: TellProgress;
}

/** The first digits of a digest, which serve as a layer's name. */
export const layerName = (digest: string): string => digest.slice(digest.indexOf(':') + 1).slice(0, 12);

/** Fetches a small blob (a configuration) into the store. */
export async function bringConfig(
  source: BlobSource,
  descriptor: Descriptor,
  signal: AbortSignal,
): Promise<void> {
  const { ingest } = source;
  if (await putCarried(ingest, descriptor)) return;
  await bringBlob({
    request: () => ingest.blob(descriptor),
    transfer: (writer, again) => transfer(source, { descriptor, signal, again, told: undefined }, writer),
    signal,
    wrong: (cause) => wrongBytes(source, descriptor, cause),
  });
}

/** A descriptor may contain the content itself; if that is wrong, the blob is fetched as usual. */
async function putCarried(ingest: Ingest, descriptor: Descriptor): Promise<boolean> {
  if (descriptor.data === undefined) return false;
  const bytes = Buffer.from(descriptor.data, 'base64');
  if (bytes.length !== descriptor.size) return false;
  try {
    await ingest.put(descriptor, bytes);
    return true;
  } catch (error) {
    if (error instanceof TcomposeError && error.code === 'IMAGE_BLOB') return false;
    throw error;
  }
}

/**
 * Fetches all layers into the store, unpacked: in parallel, as many as one registry may be asked for at once. The first
 * error ends the others; their data is kept for the next pull.
 */
export async function bringLayers(
  source: BlobSource,
  layers: readonly Descriptor[],
  diffIds: readonly string[],
  options: { readonly signal: AbortSignal; readonly quiet: boolean },
): Promise<void> {
  const { ingest } = source;
  const abort = new AbortController();
  const onAbort = (): void => abort.abort(options.signal.reason);
  options.signal.addEventListener('abort', onAbort, { once: true });
  if (options.signal.aborted) onAbort();
  let shown = !options.quiet;
  const told = new Set<string>();
  const jobs = layers.map((descriptor, index) => {
    // A layer that occurs twice in an image is reported once.
    const first = !told.has(descriptor.digest);
    told.add(descriptor.digest);
    const tell: TellProgress = (progress) => (shown && first ? source.tell(progress) : undefined);
    return layerJob(source, descriptor, diffIds.slice(0, index + 1), tell);
  });
  try {
    const requests = await allOrFirst(jobs.map(({ request }) => request()));
    // A known image may have come as different blobs before.
    shown ||= requests.some(({ kind }) => kind !== 'present');
    for (const [index, { begun }] of jobs.entries()) begun(requests[index]!);
    const missing = jobs.filter((_, index) => requests[index]!.kind === 'write');
    const bytes = missing.reduce((sum, { descriptor }) => sum + descriptor.size, 0);
    if (bytes > 0) await ingest.reserve(bytes);
    await allOrFirst(
      jobs.map((job, index) =>
        job.run(requests[index]!, abort.signal).catch((error: unknown) => {
          abort.abort(error);
          throw error;
        }),
      ),
    );
  } finally {
    options.signal.removeEventListener('abort', onAbort);
  }
}

/** Waits for all, then throws the error that came first, if any: nothing continues after this returns. */
async function allOrFirst<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  const first: { error: unknown }[] = [];
  const results = await Promise.all(
    promises.map((promise) =>
      promise.catch((error: unknown) => {
        first.push({ error });
        return undefined as T;
      }),
    ),
  );
  if (first[0] !== undefined) throw first[0].error;
  return results;
}

interface LayerJob {
  readonly descriptor: Descriptor;
  request(): Promise<BlobRequest>;
  /** Reports whether there is anything to do. */
  begun(first: BlobRequest): void;
  run(first: BlobRequest, signal: AbortSignal): Promise<void>;
}

function layerJob(
  source: BlobSource,
  descriptor: Descriptor,
  diffIds: readonly string[],
  tell: TellProgress,
): LayerJob {
  const id = layerName(descriptor.digest);
  let downloaded = false;
  const unpacked = (current: number): void => {
    // While bytes still arrive, the download is reported instead.
    if (downloaded) tell({ kind: 'bytes', id, state: 'extracting', current, total: descriptor.size });
  };
  const request = () => source.ingest.layer({ descriptor, diffIds, unpacked });
  return {
    descriptor,
    request,
    begun: ({ kind }) => tell({ kind: 'layer', id, state: kind === 'present' ? 'exists' : 'queued' }),
    async run(first, signal) {
      if (first.kind === 'present') return;
      await bringBlob(
        {
          request,
          transfer: (writer, again) =>
            transfer(source, { descriptor, signal, again, told: { id, tell } }, writer),
          signal,
          elsewhere: () => tell({ kind: 'layer', id, state: 'waiting' }),
          complete() {
            downloaded = true;
            tell({ kind: 'layer', id, state: 'verifying' });
            tell({ kind: 'layer', id, state: 'downloaded' });
          },
          wrong: (cause) => wrongBytes(source, descriptor, cause),
        },
        first,
      );
      tell({ kind: 'layer', id, state: 'complete' });
    },
  };
}

interface Transfer {
  readonly descriptor: Descriptor;
  readonly signal: AbortSignal;
  /** The digest was wrong the first time: use no mirror, and don't resume. */
  readonly again: boolean;
  readonly told: { readonly id: string; readonly tell: TellProgress } | undefined;
}

async function transfer(source: BlobSource, job: Transfer, writer: BlobWriter): Promise<void> {
  const { registry, place, slots, parallel } = source;
  const { descriptor, signal, again, told } = job;
  const release = await slots.take(registry.domain, parallel, signal, () =>
    told?.tell({ kind: 'layer', id: told.id, state: 'waiting' }),
  );
  try {
    await downloadBlob(
      registry,
      {
        path: place.path,
        descriptor,
        what: place.what,
        scopes: place.scopes,
        signal,
        again,
        waiting: (ms, why) => told?.tell({ kind: 'retry', id: told.id, ms, why }),
      },
      told === undefined ? writer : countingSink(writer, descriptor.size, told),
    );
  } finally {
    release();
  }
}

function countingSink(
  writer: BlobWriter,
  total: number,
  { id, tell }: { readonly id: string; readonly tell: TellProgress },
): BlobSink {
  return {
    get offset() {
      return writer.offset;
    },
    async write(chunk) {
      await writer.write(chunk);
      tell({ kind: 'bytes', id, state: 'downloading', current: writer.offset, total });
    },
    restart: () => writer.restart(),
  };
}

function wrongBytes(
  { registry, place }: BlobSource,
  { digest }: Descriptor,
  cause: TcomposeError,
): TcomposeError {
  return new TcomposeError(
    'REGISTRY_CONTENT',
    `verification failed for the blob ${digest} of ${place.what}: ${registry.main.endpoint.host} sent other bytes, twice (${cause.message})`,
    {
      hint: 'Something on the way to the registry alters content, or the registry is damaged.',
      cause,
    },
  );
}
