import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDemultiplexer, frame } from '../../../src/engine/http/multiplex.ts';

describe('multiplexed stream', () => {
  it('has the header of the Engine API', () => {
    expect([...frame('stderr', Buffer.from('ab'))]).toEqual([2, 0, 0, 0, 0, 0, 0, 2, 97, 98]);
  });

  it('comes apart as it was put together, however it is cut', () => {
    const frames = fc.array(fc.tuple(fc.constantFrom('stdout' as const, 'stderr' as const), fc.uint8Array()));
    fc.assert(
      fc.property(frames, fc.integer({ min: 1, max: 13 }), (list, step) => {
        const bytes = Buffer.concat(list.map(([stream, data]) => frame(stream, data)));
        const feed = createDemultiplexer();
        const out = [];
        for (let at = 0; at < bytes.length; at += step) out.push(...feed(bytes.subarray(at, at + step)));
        expect(out.map(({ stream, data }) => [stream, [...data]])).toEqual(
          list.map(([stream, data]) => [stream, [...data]]),
        );
      }),
    );
  });

  it('refuses a stream number it does not know', () => {
    expect(() => createDemultiplexer()(Buffer.from([7, 0, 0, 0, 0, 0, 0, 0]))).toThrow('stream 7');
  });
});
