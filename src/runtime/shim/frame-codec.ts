import { type ByteReader, ByteWriter } from '../launch/byte-codec.ts';

/** A complete frame: its length, its type, and what `write` appends. */
export function frame(type: number, write: (out: ByteWriter) => void): Buffer {
  const out = new ByteWriter();
  out.u32(0);
  out.u8(type);
  write(out);
  out.patchU32(0, out.length - 4);
  return out.finish();
}

/** A u32 count and that many elements. */
export function list<T>(input: ByteReader, read: () => T): T[] {
  return Array.from({ length: input.count() }, read);
}

/** A list of strings. */
export function strings(input: ByteReader): string[] {
  return list(input, () => input.string());
}

/** One byte: an index into `names`. */
export function oneOf<T extends string>(input: ByteReader, names: readonly T[]): T {
  const index = input.u8();
  return names[index] ?? input.fail(`a value ${index} is not one of ${names.join(', ')}`);
}
