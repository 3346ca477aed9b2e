/**
 * Framing of attach, logs and exec streams without a terminal (Engine API, "Stream format"): each frame has an 8-byte
 * header, [stream, 0, 0, 0, size big endian], stream being 0 stdin, 1 stdout, 2 stderr, 3 an error of the daemon.
 */
type StreamName = 'stdout' | 'stderr';

const streamNumber: Record<StreamName, number> = { stdout: 1, stderr: 2 };

export function frame(stream: StreamName, data: Uint8Array): Buffer {
  const out = Buffer.allocUnsafe(8 + data.length);
  out.writeUInt32BE(streamNumber[stream] * 0x1000000, 0);
  out.writeUInt32BE(data.length, 4);
  out.set(data, 8);
  return out;
}

interface Frame {
  readonly stream: StreamName;
  readonly data: Buffer;
}

/** Incremental decoder for the same format: feed chunks, get whole frames. Throws on an unknown stream number. */
export function createDemultiplexer(): (chunk: Uint8Array) => Frame[] {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk]);
    const frames: Frame[] = [];
    while (rest.length >= 8) {
      const size = rest.readUInt32BE(4);
      if (rest.length < 8 + size) break;
      const number = rest[0]!;
      if (number !== 1 && number !== 2) throw new Error(`stream ${number} in a multiplexed stream`);
      frames.push({ stream: number === 1 ? 'stdout' : 'stderr', data: rest.subarray(8, 8 + size) });
      rest = rest.subarray(8 + size);
    }
    return frames;
  };
}
