import fc from 'fast-check';
import { expect, test } from 'vitest';
import { frameSplitter, outputOf } from '../../../../src/engine/client/frames.ts';
import { jsonLines } from '../../../../src/engine/client/json-lines.ts';

const frame = (stream: 1 | 2, payload: Uint8Array) => {
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(payload.length, 4);
  return Buffer.concat([header, payload]);
};

const cutAt = (bytes: Buffer, cuts: readonly number[]) => {
  const at = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  return [...at, bytes.length].map((end, index) => bytes.subarray(index === 0 ? 0 : at[index - 1], end));
};

test('frames come out whole however the connection cuts them', () => {
  const frames = fc.array(fc.tuple(fc.constantFrom<1 | 2>(1, 2), fc.uint8Array({ maxLength: 40 })), {
    maxLength: 8,
  });
  fc.assert(
    fc.property(frames, fc.array(fc.nat(400), { maxLength: 10 }), (list, cuts) => {
      const got = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
      const split = frameSplitter((chunk) => got[chunk.stream].push(Buffer.from(chunk.bytes)));
      for (const piece of cutAt(Buffer.concat(list.map(([stream, bytes]) => frame(stream, bytes))), cuts))
        split(piece);
      for (const [name, code] of [
        ['stdout', 1],
        ['stderr', 2],
      ] as const)
        expect(Buffer.concat(got[name])).toEqual(
          Buffer.concat(list.filter(([stream]) => stream === code).map(([, bytes]) => bytes)),
        );
    }),
  );
});

test('a raw stream is all standard output', async () => {
  const source = (async function* () {
    yield Buffer.from([1, 0, 0, 0, 0, 0, 0, 9]);
  })();
  const chunks = [];
  for await (const chunk of outputOf(source, false)) chunks.push(chunk);
  expect(chunks).toEqual([{ stream: 'stdout', bytes: Buffer.from([1, 0, 0, 0, 0, 0, 0, 9]) }]);
});

test('JSON lines come out whole however the connection cuts them', async () => {
  const values = fc.array(fc.record({ text: fc.string(), n: fc.integer() }), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(
      values,
      fc.array(fc.nat(300), { maxLength: 8 }),
      fc.boolean(),
      async (list, cuts, newline) => {
        const text = list.map((value) => JSON.stringify(value)).join('\n') + (newline ? '\n' : '');
        const pieces = cutAt(Buffer.from(text), cuts);
        const source = (async function* () {
          yield* pieces;
        })();
        const got: unknown[] = [];
        for await (const value of jsonLines(source)) got.push(value);
        expect(got).toEqual(list);
      },
    ),
  );
});
