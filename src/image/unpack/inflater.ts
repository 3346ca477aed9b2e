import zlib from 'node:zlib';

/** Decodes one raw deflate stream, piece by piece. */
export interface Inflater {
  /**
   * Decodes `input`, which must stay valid until the next piece is asked for, as each piece does. The last step returns
   * how much of `input` was used: less than all of it when the stream ended there.
   * @throws a Z_… error of zlib
   */
  pieces(input: Buffer): AsyncGenerator<Buffer, number>;
  close(): void;
}

/** Bytes that are decoded at a time. */
const pieceSize = 256 * 1024;
const { Z_SYNC_FLUSH } = zlib.constants;

interface Decoder {
  writeSync(
    flush: number,
    input: Buffer,
    inputAt: number,
    inputLength: number,
    output: Buffer,
    outputAt: number,
    outputLength: number,
  ): void;
}

/** The part of Node's zlib streams that decodes synchronously, in this thread. It is undocumented, so it may be missing. */
interface Internals {
  readonly _handle?: Partial<Decoder>;
  /** Bytes left in the output and in the input. */
  readonly _writeState?: Uint32Array;
}

/**
 * In a thread that may wait, synchronous decoding saves a thread switch for each piece, and memory, since one buffer is
 * reused.
 */
export const createInflater = (): Inflater => immediate() ?? streaming();

/** Undefined where Node lacks this interface. */
export function immediate(): Inflater | undefined {
  const stream = zlib.createInflateRaw({ finishFlush: Z_SYNC_FLUSH });
  const { _handle: handle, _writeState: state } = stream as unknown as Internals;
  if (handle?.writeSync !== undefined && state instanceof Uint32Array && state.length === 2)
    return new ImmediateInflater(stream, handle as Decoder, state);
  stream.destroy();
  return undefined;
}

// A class, because V8 would compile the callers of a function that is recreated for each stream again and again.
class ImmediateInflater implements Inflater {
  readonly #stream: zlib.InflateRaw;
  readonly #decoder: Decoder;
  readonly #state: Uint32Array;
  readonly #output = Buffer.allocUnsafeSlow(pieceSize);
  #failed: Error | undefined;

  constructor(stream: zlib.InflateRaw, decoder: Decoder, state: Uint32Array) {
    this.#stream = stream;
    this.#decoder = decoder;
    this.#state = state;
    stream.on('error', (error) => {
      this.#failed = error;
    });
  }

  async *pieces(input: Buffer): AsyncGenerator<Buffer, number> {
    for (let at = 0; ; ) {
      const left = input.length - at;
      this.#decoder.writeSync(Z_SYNC_FLUSH, input, at, left, this.#output, 0, pieceSize);
      // The error is reported by an event, which comes after this.
      if (this.#stream.destroyed) {
        await new Promise((resolve) => setImmediate(resolve));
        throw this.#failed ?? new Error('the decoder was closed');
      }
      const room = this.#state[0]!;
      const used = left - this.#state[1]!;
      at += used;
      if (room < pieceSize) yield this.#output.subarray(0, pieceSize - room);
      // When the buffer is full, there may be more output.
      if (room > 0 || (used === 0 && room === pieceSize)) return at;
    }
  }

  close(): void {
    this.#stream.destroy();
  }
}

/** Uses the documented interface: another thread decodes. */
export function streaming(): Inflater {
  const stream = zlib.createInflateRaw({ chunkSize: pieceSize, finishFlush: Z_SYNC_FLUSH });
  const output: Buffer[] = [];
  let failed: Error | undefined;
  let settle = (): void => {};
  stream.on('data', (piece: Buffer) => output.push(piece));
  stream.on('error', (error) => {
    failed = error;
    settle();
  });
  return {
    async *pieces(input) {
      const before = stream.bytesWritten;
      await new Promise<void>((resolve) => {
        settle = resolve;
        stream.write(input, () => resolve());
      });
      yield* output.splice(0);
      if (failed !== undefined) throw failed;
      return stream.bytesWritten - before;
    },
    close: () => stream.destroy(),
  };
}
