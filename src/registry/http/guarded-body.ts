import type { IncomingMessage } from 'node:http';
import { pipeline, type Readable, type Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { faultError, faultOf } from './fault.ts';

/** Fewer bytes than this in the time of a stall count as none: nobody is to hold a transfer for ever. */
const leastBytes = 1024;

/**
 * The bytes of an answer as they come. Time counts only while a byte is waited for, not while the reader is busy. Ends the connection when
 * it is left early. Errors carry a fault.
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
    // A connection that ends before the announced length is no end.
    if (!message.complete) throw faultError({ kind: 'reset', code: 'cut off' });
  } catch (error) {
    throw faultError(faultOf(error));
  } finally {
    await iterator.return?.();
  }
}

/**
 * The bytes without the `Content-Encoding` that somebody on the way put around them though none was asked for (RFC 9110, 8.4). Undefined for
 * an encoding that is not known.
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
