import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frameSplitter } from '../../../../src/engine/client/frames.ts';
import { frame } from '../../../../src/engine/http/multiplex.ts';

describe('multiplexed stream', () => {
  it('has the header of the Engine API', () => {
    expect([...frame('stderr', Buffer.from('ab'))]).toEqual([2, 0, 0, 0, 0, 0, 0, 2, 97, 98]);
  });

  it('comes apart at the client as it was put together, however it is cut', () => {
    const frames = fc.array(fc.tuple(fc.constantFrom('stdout' as const, 'stderr' as const), fc.uint8Array()));
    fc.assert(
      fc.property(frames, fc.integer({ min: 1, max: 13 }), (list, step) => {
        const bytes = Buffer.concat(list.map(([stream, data]) => frame(stream, data)));
        const out: [string, number][] = [];
        const feed = frameSplitter((chunk) => out.push(...eachByte(chunk.stream, chunk.bytes)));
        for (let at = 0; at < bytes.length; at += step) feed(bytes.subarray(at, at + step));
        expect(out).toEqual(list.flatMap(([stream, data]) => eachByte(stream, data)));
      }),
    );
  });
});

const eachByte = (stream: string, data: Uint8Array): [string, number][] =>
  [...data].map((byte) => [stream, byte]);
