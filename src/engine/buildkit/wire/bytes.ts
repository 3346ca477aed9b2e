/** The wire types of protocol buffers in use; 3 and 4 (groups) are refused. */
export const wireType = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** Thrown for what is not a message: cut off, or with a number that is too long. */
export class WireError extends Error {}

/** Reads the primitives of a message. Every read throws a WireError past the end. */
export class WireReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** An unsigned number of up to 64 bits. */
  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new WireError('a message is cut off in a number');
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new WireError('a number of a message has more than ten bytes');
  }

  /** Bytes with a length prefix; a view into the message. */
  bytes(): Buffer {
    const length = Number(this.varint());
    if (length > this.#bytes.length - this.#at) throw new WireError('a message is cut off');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  /** Skips a value. */
  skip(type: number): void {
    if (type === wireType.varint) this.varint();
    else if (type === wireType.bytes) this.bytes();
    else if (type === wireType.fixed64) this.#pass(8);
    else if (type === wireType.fixed32) this.#pass(4);
    else throw new WireError(`wire type ${type} is not in use`);
  }

  #pass(count: number): void {
    if (count > this.#bytes.length - this.#at) throw new WireError('a message is cut off');
    this.#at += count;
  }
}

/** Collects the primitives of a message. */
export class WireWriter {
  readonly #parts: Buffer[] = [];

  varint(value: bigint): void {
    const bytes: number[] = [];
    let rest = BigInt.asUintN(64, value);
    while (rest > 0x7fn) {
      bytes.push(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    bytes.push(Number(rest));
    this.#parts.push(Buffer.from(bytes));
  }

  tag(field: number, type: number): void {
    this.varint((BigInt(field) << 3n) | BigInt(type));
  }

  /** Bytes with a length prefix. */
  bytes(value: Uint8Array): void {
    this.varint(BigInt(value.length));
    this.#parts.push(Buffer.from(value.buffer, value.byteOffset, value.length));
  }

  finish(): Buffer {
    return Buffer.concat(this.#parts);
  }
}
