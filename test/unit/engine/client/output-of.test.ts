import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { outputOf } from '../../../../src/engine/client/frames.ts';
import { frame } from '../../../../src/engine/http/multiplex.ts';

describe('outputOf', () => {
  it('gives every byte to its stream in order, however the frames are cut', async () => {
    const piece = fc.record({
      stream: fc.constantFrom('stdout' as const, 'stderr' as const),
      text: fc.string({ maxLength: 20 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(piece), fc.integer({ min: 1, max: 40 }), async (pieces, size) => {
        const wire = Buffer.concat(pieces.map(({ stream, text }) => frame(stream, Buffer.from(text))));
        async function* chunks() {
          for (let at = 0; at < wire.length; at += size) yield wire.subarray(at, at + size);
        }
        const merged = (list: readonly { stream: string; bytes: Buffer }[]) =>
          list.flatMap(({ stream, bytes }) => [...bytes].map((byte) => `${stream} ${byte}`));
        const got = [];
        for await (const chunk of outputOf(chunks(), true)) got.push(chunk);
        expect(merged(got)).toEqual(
          merged(pieces.map(({ stream, text }) => ({ stream, bytes: Buffer.from(text) }))),
        );
      }),
    );
  });

  it('makes one chunk of neighbours of one stream', async () => {
    const lines = Array.from({ length: 100 }, (_, i) => frame('stdout', Buffer.from(`${i}\n`)));
    async function* one() {
      yield Buffer.concat(lines);
    }
    const got = [];
    for await (const chunk of outputOf(one(), true)) got.push(chunk);
    expect(got).toHaveLength(1);
    expect(got[0]!.bytes.toString().split('\n')).toHaveLength(101);
  });
});
