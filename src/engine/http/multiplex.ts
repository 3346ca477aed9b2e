/**
 * Framing of attach, logs and exec streams without a terminal (Engine API, "Stream format"): each frame has an 8-byte
 * header, [stream, 0, 0, 0, size big endian], stream being 0 stdin, 1 stdout, 2 stderr, 3 an error of the daemon.
 */
type StreamName = 'stdout' | 'stderr';

const streamNumber: Record<StreamName, number> = { stdout: 1, stderr: 2 };

/** One complete frame. */
export function frame(stream: StreamName, data: Uint8Array): Buffer {
  const out = Buffer.allocUnsafe(8 + data.length);
  out.writeUInt32BE(streamNumber[stream] * 0x1000000, 0);
  out.writeUInt32BE(data.length, 4);
  out.set(data, 8);
  return out;
}
