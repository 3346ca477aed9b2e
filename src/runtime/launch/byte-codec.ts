import type { ErrorCode } from '../../error-codes.ts';
import { TcomposeError } from '../../errors.ts';

/**
 * The primitives of launch plans and of keeper and shim frames, as native/plan/bytes.h reads and writes them: integers
 * little-endian and unaligned; a string is a u32 byte count, UTF-8 without NUL, and one NUL that is not counted; bytes
 * are a u32 count and the data.
 */
export class ByteWriter {
  #buffer: Buffer;
  #length = 0;

  /** `room`: initial size in bytes; it grows as needed. */
  constructor(room = 1024) {
    this.#buffer = Buffer.allocUnsafe(room);
  }

  #room(size: number): number {
    const at = this.#length;
    this.#length += size;
    if (this.#length > this.#buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(this.#length, this.#buffer.length * 2));
      this.#buffer.copy(grown, 0, 0, at);
      this.#buffer = grown;
    }
    return at;
  }

  u8(value: number): void {
    const at = this.#room(1);
    this.#buffer.writeUInt8(value, at);
  }

  u32(value: number): void {
    const at = this.#room(4);
    this.#buffer.writeUInt32LE(value, at);
  }

  i32(value: number): void {
    const at = this.#room(4);
    this.#buffer.writeInt32LE(value, at);
  }

  /** `value` in 0 … 2⁶⁴-1; -1 stands for 2⁶⁴-1. */
  u64(value: bigint): void {
    const at = this.#room(8);
    this.#buffer.writeBigUInt64LE(value === -1n ? 0xffff_ffff_ffff_ffffn : value, at);
  }

  /** Throws RangeError for a string with NUL, of which the C reader would only see the first part. */
  string(value: string): void {
    if (value.includes('\0')) throw new RangeError(`a string holds NUL: ${JSON.stringify(value)}`);
    const size = Buffer.byteLength(value);
    this.u32(size);
    const at = this.#room(size + 1);
    this.#buffer.write(value, at, 'utf8');
    this.#buffer[at + size] = 0;
  }

  bytes(value: Uint8Array): void {
    this.u32(value.length);
    this.raw(value);
  }

  /** Data without a preceding count. */
  raw(value: Uint8Array): void {
    const at = this.#room(value.length);
    this.#buffer.set(value, at);
  }

  /** Overwrites a u32 written before, for lengths that are known only at the end. */
  patchU32(at: number, value: number): void {
    this.#buffer.writeUInt32LE(value, at);
  }

  get length(): number {
    return this.#length;
  }

  finish(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }
}

/** Reads what ByteWriter wrote; reading beyond the end throws TcomposeError with the given code. */
export class ByteReader {
  readonly #buffer: Buffer;
  readonly #code: ErrorCode;
  #at = 0;

  constructor(buffer: Buffer, code: ErrorCode) {
    this.#buffer = buffer;
    this.#code = code;
  }

  fail(message: string): never {
    throw new TcomposeError(this.#code, `${message} (at byte ${this.#at})`);
  }

  #take(size: number): number {
    const at = this.#at;
    if (size > this.#buffer.length - at) this.fail('the data ends too early');
    this.#at = at + size;
    return at;
  }

  u8(): number {
    return this.#buffer.readUInt8(this.#take(1));
  }

  u32(): number {
    return this.#buffer.readUInt32LE(this.#take(4));
  }

  i32(): number {
    return this.#buffer.readInt32LE(this.#take(4));
  }

  u64(): bigint {
    return this.#buffer.readBigUInt64LE(this.#take(8));
  }

  string(): string {
    const size = this.u32();
    const at = this.#take(size + 1);
    const raw = this.#buffer.subarray(at, at + size);
    if (this.#buffer[at + size] !== 0 || raw.includes(0))
      this.fail('a string is not terminated by its only NUL');
    return raw.toString('utf8');
  }

  bytes(): Buffer {
    const size = this.u32();
    const at = this.#take(size);
    return this.#buffer.subarray(at, at + size);
  }

  /** A count of elements, refused if the rest is too short for even one byte each. */
  count(): number {
    const count = this.u32();
    if (count > this.#buffer.length - this.#at) this.fail(`a list claims ${count} elements`);
    return count;
  }

  /** The rest of the data. */
  rest(): Buffer {
    return this.#buffer.subarray(this.#at);
  }

  end(): void {
    if (this.#at !== this.#buffer.length) this.fail(`${this.#buffer.length - this.#at} bytes are left over`);
  }
}
