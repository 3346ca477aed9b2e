import { TcomposeError } from '../../../errors.ts';
import type { BlobRequest, BlobWriter } from '../../../image/index.ts';

/** How to fetch a blob into the store. */
export interface Bringing {
  /** Requests the blob from the store; called again when another transfer of it is over. */
  readonly request: () => Promise<BlobRequest>;
  /** Fills a writer; `again`: the first transfer did not match the digest. */
  readonly transfer: (writer: BlobWriter, again: boolean) => Promise<void>;
  readonly signal: AbortSignal;
  /** Called between the last byte and the store's confirmation. */
  readonly complete?: () => void;
  /** Called when another pull is fetching it. */
  readonly elsewhere?: () => void;
  /** The error when the bytes are wrong twice. */
  readonly wrong: (cause: TcomposeError) => TcomposeError;
}

/** A wrong digest may come from a damaged transfer: the blob is then fetched once more from the start. */
const mostMismatches = 1;

/**
 * Fetches a blob into the store, once for all who want it. An aborted transfer is kept for the next one. `first`: the
 * store's answer to a first request.
 */
export async function bringBlob(bringing: Bringing, first?: BlobRequest): Promise<'present' | 'fetched'> {
  const { request, signal } = bringing;
  let answer = first ?? (await request());
  for (let mismatches = 0; ; answer = await request()) {
    if (answer.kind === 'present') return 'present';
    if (answer.kind === 'elsewhere') {
      bringing.elsewhere?.();
      await settledOrAborted(answer.settled, signal);
      continue;
    }
    const { writer } = answer;
    try {
      await bringing.transfer(writer, mismatches > 0);
      bringing.complete?.();
      await writer.commit();
      return 'fetched';
    } catch (error) {
      const mismatch = error instanceof TcomposeError && error.code === 'IMAGE_BLOB';
      if (!mismatch) {
        await writer.suspend();
        throw error;
      }
      await writer.abort();
      if (++mismatches > mostMismatches) throw bringing.wrong(error);
    }
  }
}

async function settledOrAborted(settled: Promise<void>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    void settled.then(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
  });
}
