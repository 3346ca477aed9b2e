/** One piece of a container's output. */
export interface OutputChunk {
  readonly stream: 'stdout' | 'stderr';
  readonly bytes: Buffer;
}

const HEADER = 8;

/**
 * Splits the engine's multiplexed stream into its parts. Frame: one byte stream (0 stdin, 1 stdout, 2 stderr), three
 * zero bytes, the payload's length as big-endian uint32, the payload (Docker Engine API, "Attach to a container").
 * Payloads are passed on as they arrive, so a frame may result in several chunks. Returns a function to call for each
 * chunk.
 */
export function frameSplitter(emit: (chunk: OutputChunk) => void): (chunk: Buffer) => void {
  let header = Buffer.alloc(0);
  let left = 0;
  let stream: OutputChunk['stream'] = 'stdout';
  return (chunk) => {
    let at = 0;
    while (at < chunk.length) {
      if (left === 0) {
        if (header.length === 0 && chunk.length - at >= HEADER) {
          stream = chunk[at] === 2 ? 'stderr' : 'stdout';
          left = chunk.readUInt32BE(at + 4);
          at += HEADER;
          continue;
        }
        const take = Math.min(HEADER - header.length, chunk.length - at);
        header = Buffer.concat([header, chunk.subarray(at, at + take)]);
        at += take;
        if (header.length < HEADER) return;
        stream = header[0] === 2 ? 'stderr' : 'stdout';
        left = header.readUInt32BE(4);
        header = Buffer.alloc(0);
        continue;
      }
      const take = Math.min(left, chunk.length - at);
      emit({ stream, bytes: chunk.subarray(at, at + take) });
      left -= take;
      at += take;
    }
  };
}

/** The output of a stream that is multiplexed, or raw (a terminal's, where everything is standard output). */
export async function* outputOf(
  source: AsyncIterable<Buffer>,
  multiplexed: boolean,
): AsyncGenerator<OutputChunk> {
  if (!multiplexed) {
    for await (const bytes of source) yield { stream: 'stdout', bytes };
    return;
  }
  const ready: OutputChunk[] = [];
  const split = frameSplitter((chunk) => ready.push(chunk));
  for await (const bytes of source) {
    split(bytes);
    yield* joined(ready.splice(0));
  }
}

/** Joins neighbouring chunks of one stream: otherwise each line would cost a write. */
function* joined(chunks: readonly OutputChunk[]): Generator<OutputChunk> {
  for (let at = 0; at < chunks.length; ) {
    const { stream } = chunks[at]!;
    let end = at + 1;
    while (end < chunks.length && chunks[end]!.stream === stream) end++;
    const run = chunks.slice(at, end);
    yield run.length === 1 ? run[0]! : { stream, bytes: Buffer.concat(run.map(({ bytes }) => bytes)) };
    at = end;
  }
}
