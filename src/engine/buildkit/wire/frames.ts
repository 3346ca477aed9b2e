import { GrpcError } from './status.ts';

/** Most bytes of one message; BuildKit's own clients accept 16 MiB. */
export const largestMessage = 16 * 1024 * 1024;

/** A message in gRPC's framing: one byte for compression, four for the length. */
export function frame(message: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(message.length + 5);
  framed[0] = 0;
  framed.writeUInt32BE(message.length, 1);
  framed.set(message, 5);
  return framed;
}

/**
 * The messages of a gRPC stream, in order.
 * @throws GrpcError for a message that is compressed, too long or cut off
 */
export async function* messagesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let waiting: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    waiting.push(chunk);
    size += chunk.length;
    for (;;) {
      if (size < 5) break;
      if (waiting[0]!.length < 5) waiting = [Buffer.concat(waiting)];
      const head = waiting[0]!;
      const length = head.readUInt32BE(1);
      if (head[0] !== 0) throw new GrpcError('unimplemented', 'compressed messages are not accepted');
      if (length > largestMessage)
        throw new GrpcError('resource-exhausted', `a message of ${length} bytes is too long`);
      if (size < length + 5) break;
      const all = waiting.length === 1 ? head : Buffer.concat(waiting);
      yield all.subarray(5, length + 5);
      size -= length + 5;
      waiting = size === 0 ? [] : [all.subarray(length + 5)];
    }
  }
  if (size > 0) throw new GrpcError('internal', 'a message is cut off');
}
