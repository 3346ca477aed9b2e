import { TcomposeError } from '../../../errors.ts';
import type { BlobRequest, BlobWriter } from '../../../image/index.ts';

/** How a blob is fetched into the store. */
export interface Bringing {
  /** Asks the store for the blob; called again after another's transfer of it is over. */
  readonly request: () => Promise<BlobRequest>;
  /** Fills a writer; `again`: what came before was not what its digest says. */
  readonly transfer: (writer: BlobWriter, again: boolean) => Promise<void>;
  readonly signal: AbortSignal;
  /** Called between the last byte and the store's word that all is right. */
  readonly complete?: () => void;
  /** Called when somebody else is fetching it. */
  readonly elsewhere?: () => void;
  /** The error for bytes that are wrong twice. */
  readonly wrong: (cause: TcomposeError) => TcomposeError;
}

/** A digest that does not fit may be a damaged transfer: it is fetched once more as a whole. */
const mostMismatches = 1;

/**
 * Has a blob in the store, fetched once for all who want it. A transfer that is given up is kept for the next one.
 * `first`: what the store answered to a first request.
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
