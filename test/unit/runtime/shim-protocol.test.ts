import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteWriter } from '../../../src/runtime/byte-codec.ts';
import { parseExitFile, parsePidFile } from '../../../src/runtime/exit-file.ts';
import { FrameSplitter } from '../../../src/runtime/frame-socket.ts';
import {
  decodeKeeperEvent,
  decodeShimEvent,
  encodeKeeperRequest,
  encodeShimRequest,
} from '../../../src/runtime/shim-protocol.ts';

function payload(type: number, write: (out: ByteWriter) => void): Buffer {
  const out = new ByteWriter();
  out.u8(type);
  write(out);
  return out.finish();
}

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
    expect(() => decodeKeeperEvent(payload(129, (out) => out.u32(1)))).toThrow(/end too early/);
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

describe('pid and exit files', () => {
  const head = 'version 1\nboot b-1\n';

  it('are read', () => {
    expect(parsePidFile(`${head}pid 12\nstart-time 345\nshim-pid 11\nend 1\n`)).toEqual({
      bootId: 'b-1',
      pid: 12,
      startTime: 345n,
      shimPid: 11,
    });
    const exit = `${head}started-at 1\nfinished-at 2\ncode 3\nsignal 0\noom-killed 0\ndropped-lines 0\nend 1\n`;
    expect(parseExitFile(exit)).toMatchObject({ type: 'exited', code: 3, finishedAt: 2n });
    const failed = `${head}started-at 0\nfinished-at 2\ncode 127\nfailed-phase exec\nfailed-step -1\nfailed-errno 2\nfailed-op execve\nfailed-detail no such\nend 1\n`;
    expect(parseExitFile(failed)).toMatchObject({
      type: 'failed',
      op: 'execve',
      detail: 'no such',
      exitCode: 127,
    });
  });

  it('cut off by a power loss say nothing', () => {
    const whole = `${head}started-at 1\nfinished-at 2\ncode 3\nsignal 0\noom-killed 0\ndropped-lines 0\nend 1\n`;
    for (let size = 0; size < whole.length - 3; size++)
      expect(parseExitFile(whole.slice(0, size))).toBeUndefined();
  });
});
