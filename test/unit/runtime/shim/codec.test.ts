import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteWriter } from '../../../../src/runtime/launch/byte-codec.ts';
import { decodeKeeperEvent, encodeKeeperRequest } from '../../../../src/runtime/shim/keeper-codec.ts';
import { decodeShimEvent, encodeShimRequest } from '../../../../src/runtime/shim/shim-codec.ts';

function payload(type: number, write: (out: ByteWriter) => void): Buffer {
  const out = new ByteWriter();
  out.u8(type);
  write(out);
  return out.finish();
}

describe('requests', () => {
  it('have the documented layout', () => {
    expect(encodeShimRequest({ type: 'signal', seq: 7, signal: 15 }).toString('hex')).toBe(
      '0900000003070000000f000000',
    );
    expect(
      encodeKeeperRequest({ type: 'spawn', seq: 1, runDir: '/r', plan: Buffer.from([9]) }).toString('hex'),
    ).toBe('11000000010100000002000000' + '2f7200' + '0100000009');
  });
});

describe('events', () => {
  it('of a shim are read', () => {
    const exited = payload(132, (out) => {
      out.i32(137);
      out.i32(9);
      out.u8(1);
      out.u64(5n);
      out.u64(6n);
      out.u64(7n);
    });
    expect(decodeShimEvent(exited)).toEqual({
      type: 'exited',
      code: 137,
      signal: 9,
      oomKilled: true,
      startedAt: 5n,
      finishedAt: 6n,
      droppedLines: 7n,
    });
  });

  it('of unknown type, cut off or overlong are refused', () => {
    expect(() => decodeShimEvent(payload(99, () => {}))).toThrow(/unknown type 99/);
    expect(() => decodeKeeperEvent(payload(129, (out) => out.u32(1)))).toThrow(/ends too early/);
    const long = payload(129, (out) => {
      out.u32(1);
      out.u32(2);
      out.u32(3);
    });
    expect(() => decodeKeeperEvent(long)).toThrow(/left over/);
  });

  it('never make the decoder throw anything but a protocol error', () => {
    fc.assert(
      fc.property(fc.integer({ min: 128, max: 140 }), fc.uint8Array({ maxLength: 64 }), (type, rest) => {
        for (const decode of [decodeShimEvent, decodeKeeperEvent]) {
          try {
            decode(Buffer.from([type, ...rest]));
          } catch (error) {
            expect(error).toMatchObject({ code: 'RUNTIME_PROTOCOL' });
          }
        }
      }),
    );
  });
});
