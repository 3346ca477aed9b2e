/**
 * Many log segments at once, without an object for each. A segment is one line of the log file: a whole line of the
 * container's output, or a part of a long one.
 */
export interface LogBatch {
  readonly count: number;
  /** The bytes of the segments; valid until the batch is dropped, not shared with later batches. */
  readonly bytes: Buffer;
  /** For segment i at 4i: offset of its time, offset of its content, end of its content, flags. */
  readonly index: Int32Array;
}

export const indexStride = 4;

/** Flags of a segment. */
export const segmentFlag = {
  /** Written to stderr; otherwise stdout. */
  stderr: 1,
  /** First of its line: the time stamp is printed here. */
  first: 2,
  /** Last of its line: a newline follows. */
  last: 4,
} as const;

/** One segment, for callers that can afford an object for each. */
interface LogRecord {
  /** RFC 3339, UTC, nanoseconds. */
  readonly time: string;
  readonly stream: 'stdout' | 'stderr';
  /** Without newline. */
  readonly content: Buffer;
  readonly first: boolean;
  readonly last: boolean;
}

/** The batch's segments as objects, in order. */
export function* logRecords(batch: LogBatch): Generator<LogRecord> {
  const { bytes, index, count } = batch;
  for (let i = 0; i < count; i++) {
    const at = i * indexStride;
    const flags = index[at + 3]!;
    const timeStart = index[at]!;
    yield {
      time: bytes.toString('latin1', timeStart, bytes.indexOf(0x20, timeStart)),
      stream: (flags & segmentFlag.stderr) !== 0 ? 'stderr' : 'stdout',
      content: bytes.subarray(index[at + 1]!, index[at + 2]!),
      first: (flags & segmentFlag.first) !== 0,
      last: (flags & segmentFlag.last) !== 0,
    };
  }
}

interface EncodeOptions {
  /** Each line begins with its time and a space. */
  readonly timestamps: boolean;
  /** Frames of the Engine API's multiplexed stream; false: only the bytes (containers with a terminal). */
  readonly multiplexed: boolean;
}

const frameHeader = 8;

/** The batch in the form in which the Engine API sends it, in one buffer: long lines joined, a newline after each line. */
export function encodeLogBatch(batch: LogBatch, options: EncodeOptions): Buffer {
  const { bytes, index, count } = batch;
  const overhead = options.multiplexed ? frameHeader : 0;
  let size = 0;
  for (let i = 0; i < count; i++) {
    const at = i * indexStride;
    size += overhead + index[at + 2]! - index[at + 1]! + 1;
    if (options.timestamps) size += bytes.indexOf(0x20, index[at]!) - index[at]! + 1;
  }
  const out = Buffer.allocUnsafe(size);
  let to = 0;
  for (let i = 0; i < count; i++) {
    const at = i * indexStride;
    const flags = index[at + 3]!;
    const header = to;
    to += overhead;
    if (options.timestamps && (flags & segmentFlag.first) !== 0)
      to += bytes.copy(out, to, index[at]!, bytes.indexOf(0x20, index[at]!) + 1);
    const start = index[at + 1]!;
    const end = index[at + 2]!;
    if (end - start < 48) for (let from = start; from < end; from++) out[to++] = bytes[from]!;
    else to += bytes.copy(out, to, start, end);
    if ((flags & segmentFlag.last) !== 0) out[to++] = 0x0a;
    if (options.multiplexed) {
      const length = to - header - frameHeader;
      out[header] = (flags & segmentFlag.stderr) !== 0 ? 2 : 1;
      out[header + 1] = out[header + 2] = out[header + 3] = 0;
      out[header + 4] = length >>> 24;
      out[header + 5] = length >>> 16;
      out[header + 6] = length >>> 8;
      out[header + 7] = length;
    }
  }
  return out.subarray(0, to);
}
