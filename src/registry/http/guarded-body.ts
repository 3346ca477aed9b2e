import type { IncomingMessage } from 'node:http';
import { pipeline, type Readable, type Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { faultError, faultOf } from './fault.ts';

/**
 * Receiving fewer bytes than this during the stall time counts as receiving none, so that nobody can hold up a transfer
 * for ever.
 */
const leastBytes = 1024;

/**
 * The bytes of an answer as they arrive. Time counts only while waiting for a byte, not while the reader is busy. Ends
 * the connection when reading stops early. Errors carry a fault.
 */
export async function* guardedBody(message: IncomingMessage, stallMs: number): AsyncGenerator<Buffer> {
  const iterator = (message as Readable).iterator({ destroyOnReturn: true });
  let waited = 0;
  let got = 0;
  try {
    for (;;) {
      const from = performance.now();
      const timer = setTimeout(
        () => message.destroy(faultError({ kind: 'timeout', phase: 'stall', ms: stallMs })),
        Math.max(1, stallMs - waited),
      );
      const { value, done } = await iterator.next().finally(() => clearTimeout(timer));
      if (done) break;
      waited += performance.now() - from;
      got += (value as Buffer).length;
      if (got >= leastBytes) {
        got = 0;
        waited = 0;
      }
      yield value as Buffer;
    }
    // A connection that ends before the announced length is an error.
    if (!message.complete) throw faultError({ kind: 'reset', code: 'cut off' });
  } catch (error) {
    throw faultError(faultOf(error));
  } finally {
    await iterator.return?.();
  }
}

/**
 * The bytes without a `Content-Encoding` that some intermediary applied though none was requested (RFC 9110, 8.4).
 * Undefined for an unknown encoding.
 */
export function decoded(body: AsyncGenerator<Buffer>, encoding: string): AsyncGenerator<Buffer> | undefined {
  const name = encoding.trim().toLowerCase();
  if (name === '' || name === 'identity') return body;
  const decoder = decoders[name]?.();
  return decoder === undefined ? undefined : through(body, decoder);
}

const decoders: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

async function* through(body: AsyncGenerator<Buffer>, decoder: Transform): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of pipeline(body, decoder, () => undefined)) yield chunk as Buffer;
  } catch (error) {
    throw faultError(faultOf(error));
  }
}
