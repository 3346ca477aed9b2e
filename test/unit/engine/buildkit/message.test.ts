import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WireError } from '../../../../src/engine/buildkit/wire/bytes.ts';
import {
  blobs,
  bytes,
  decode,
  encode,
  flag,
  integer,
  list,
  long,
  map,
  messages,
  nested,
  text,
  texts,
} from '../../../../src/engine/buildkit/wire/message.ts';

const inner = { name: text(1), count: integer(2) };
const shape = {
  name: text(1),
  data: bytes(2),
  count: integer(3),
  time: long(4),
  yes: flag(5),
  inner: nested(6, inner),
  names: list(7, texts),
  inners: list(8, messages(inner)),
  table: map(9, texts),
  files: map(16, blobs),
};

const words = fc.string({ unit: 'grapheme' });
const buffers = fc.uint8Array({ maxLength: 40 }).map((one) => Buffer.from(one));
const inners = fc.record({ name: words, count: fc.integer() });
const arbitrary = fc.record({
  name: words,
  data: buffers,
  count: fc.maxSafeInteger(),
  time: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  yes: fc.boolean(),
  inner: fc.option(inners, { nil: undefined }),
  names: fc.array(words),
  inners: fc.array(inners),
  table: fc.array(fc.tuple(words, words)).map((pairs) => new Map(pairs)),
  files: fc.array(fc.tuple(words, buffers)).map((pairs) => new Map(pairs)),
});

describe('a message', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(arbitrary, (message) => {
        expect(decode(shape, encode(shape, message))).toEqual(message);
      }),
    );
  });

  it('is written as protocol buffers have it', () => {
    // The examples of the encoding's documentation: 150 as field 1, "testing" as field 2.
    expect(encode({ a: integer(1) }, { a: 150 }).toString('hex')).toBe('089601');
    expect(encode({ b: text(2) }, { b: 'testing' }).toString('hex')).toBe('120774657374696e67');
    expect(encode({ a: integer(1) }, { a: -1 }).toString('hex')).toBe('08ffffffffffffffffff01');
    expect(encode({ a: integer(1), b: text(2) }, { a: 0, b: '' }).length).toBe(0);
  });

  it('is read with fields that nobody knows, of every kind', () => {
    const known = encode({ name: text(1) }, { name: 'x' });
    // Field 3 a number, 11 bytes, 12 and 13 of fixed lengths.
    const unknown = Buffer.from(`18015a0161650000000069${'00'.repeat(8)}`, 'hex');
    expect(decode({ name: text(1) }, Buffer.concat([unknown, known])).name).toBe('x');
  });

  it('is read or refused, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (garbage) => {
        try {
          decode(shape, Buffer.from(garbage));
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('lies in others to a bounded depth only', () => {
    interface Deep {
      readonly inside: Partial<Deep> | undefined;
    }
    const deep: { inside: ReturnType<typeof nested<Deep>> } = { inside: undefined as never };
    deep.inside = nested<Deep>(1, deep);
    let bytes: Buffer = Buffer.alloc(0);
    for (let depth = 0; depth < 100; depth++) bytes = encode({ inside: list(1, blobs) }, { inside: [bytes] });
    expect(() => decode<Deep>(deep, bytes)).toThrow(/too deep/);
  });
});
