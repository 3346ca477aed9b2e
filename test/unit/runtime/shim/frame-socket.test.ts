import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteWriter } from '../../../../src/runtime/launch/byte-codec.ts';
import { FrameSplitter } from '../../../../src/runtime/shim/frame-socket.ts';

describe('frames', () => {
  it('come out whole however the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 50 }), { maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 30 }),
        (bodies, cuts) => {
          const out = new ByteWriter();
          for (const body of bodies) out.bytes(body);
          const stream = out.finish();
          const splitter = new FrameSplitter();
          const got: Buffer[] = [];
          for (let at = 0, i = 0; at < stream.length; i++) {
            const size = cuts[i % cuts.length]!;
            got.push(...splitter.push(stream.subarray(at, at + size)));
            at += size;
          }
          expect(got.map((frame) => [...frame])).toEqual(bodies.map((body) => [...body]));
        },
      ),
    );
  });

  it('with an impossible length are refused', () => {
    for (const length of [0, 0xffff_ffff]) {
      const head = Buffer.alloc(4);
      head.writeUInt32LE(length);
      expect(() => new FrameSplitter().push(head)).toThrow(/claims to be/);
    }
  });
});
