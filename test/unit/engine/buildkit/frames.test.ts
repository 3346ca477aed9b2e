import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frame, largestMessage, messagesOf } from '../../../../src/engine/buildkit/wire/frames.ts';
import { decodeStatus, errorOf, GrpcError, trailersOf } from '../../../../src/engine/buildkit/wire/status.ts';

async function* cut(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  let at = 0;
  for (let turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % Math.max(1, sizes.length)] ?? bytes.length;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function all(stream: AsyncIterable<Buffer>): Promise<string[]> {
  const found: string[] = [];
  for await (const one of stream) found.push(one.toString('hex'));
  return found;
}

describe('frames of gRPC', () => {
  it('are the messages, however they are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 50 })),
        fc.array(fc.integer({ min: 1, max: 20 })),
        async (messages, sizes) => {
          const bytes = Buffer.concat(messages.map(frame));
          expect(await all(messagesOf(cut(bytes, sizes)))).toEqual(
            messages.map((one) => Buffer.from(one).toString('hex')),
          );
        },
      ),
    );
  });

  it('are refused when they are cut off, compressed or too long', async () => {
    const refused = async (bytes: Buffer) =>
      all(messagesOf(cut(bytes, [bytes.length]))).catch((error: GrpcError) => error.code);
    expect(await refused(frame(Buffer.from('abc')).subarray(0, 7))).toBe('internal');
    expect(await refused(Buffer.from([1, 0, 0, 0, 1, 0]))).toBe('unimplemented');
    const long = Buffer.alloc(5);
    long.writeUInt32BE(largestMessage + 1, 1);
    expect(await refused(long)).toBe('resource-exhausted');
  });
});

describe('a status', () => {
  it('is told by trailers, of any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (message) => {
        const trailers = trailersOf(new GrpcError('not-found', message));
        expect(trailers['grpc-message']).toMatch(/^[ -~]*$/);
        expect(errorOf(trailers)).toMatchObject({ code: 'not-found', message });
      }),
    );
    expect(errorOf(trailersOf(undefined))).toBeUndefined();
  });

  it('carries details', () => {
    const detail = { url: 'x/y', value: Buffer.from('z') };
    const trailers = trailersOf(new GrpcError('unknown', 'm', [detail]));
    expect(decodeStatus(trailers['grpc-status-details-bin']!)).toEqual({
      code: 2,
      message: 'm',
      details: [detail],
    });
  });
});
