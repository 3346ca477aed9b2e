import { Readable } from 'node:stream';
import { encodeEntry, endOfArchive, paddingOf } from '../../../src/tar/encode-entry.ts';
import { encodePaxRecord } from '../../../src/tar/pax-encode.ts';
import type { TarEntryType } from '../../../src/tar/tar-reader.ts';

export interface Entry {
  readonly name: string;
  readonly type?: TarEntryType;
  readonly linkName?: string;
  readonly data?: string | Buffer;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly major?: number;
  readonly minor?: number;
  /** Milliseconds. */
  readonly mtime?: number;
}

/** A tar of the entries, as its bytes. */
export function tarOf(entries: readonly Entry[]): Buffer {
  const parts = entries.flatMap(({ data = '', mtime = 1e12, ...entry }) => {
    const content = Buffer.from(data as Buffer);
    const { type = 'file' } = entry;
    const mode = entry.mode ?? (type === 'directory' ? 0o755 : 0o644);
    const modified = BigInt(mtime) * 1_000_000n;
    const header = encodeEntry({ ...entry, type, mode, modified, size: content.length });
    return [header, content, paddingOf(content.length)];
  });
  return Buffer.concat([...parts, endOfArchive]);
}

/** One header block with a right checksum and any fields wrong in any way. */
export function rawHeader(
  name: string,
  fields: {
    size?: string;
    type?: string;
    mode?: string;
    link?: string;
    magic?: string;
    /** Two fields of eight bytes. */
    devices?: string;
    prefix?: string;
    /** The last four bytes that are in use, where star has its mark. */
    trailer?: string;
  } = {},
): Buffer {
  const block = Buffer.alloc(512);
  block.write(name, 0, 100, 'latin1');
  block.write(fields.mode ?? '0000644\0', 100, 'latin1');
  block.write('0000000\0', 108);
  block.write('0000000\0', 116);
  block.write(fields.size ?? '00000000000\0', 124, 'latin1');
  block.write('00000000000\0', 136);
  block.write(fields.type ?? '0', 156);
  block.write(fields.link ?? '', 157, 100, 'latin1');
  block.write(fields.magic ?? 'ustar\u000000', 257, 'latin1');
  block.write(fields.devices ?? '', 329, 16, 'latin1');
  block.write(fields.prefix ?? '', 345, 155, 'latin1');
  block.write(fields.trailer ?? '', 508, 'latin1');
  block.fill(0x20, 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

/** Pax records as the data of an `x` header, values as bytes. */
export const paxData = (records: Readonly<Record<string, string | Buffer>>): Buffer =>
  Buffer.concat(Object.entries(records).map(([key, value]) => encodePaxRecord(key, value)));

const padded = (data: Buffer) => Buffer.concat([data, Buffer.alloc((512 - (data.length % 512)) % 512)]);

/** An entry preceded by a pax header. */
export function paxEntry(
  records: Readonly<Record<string, string | Buffer>>,
  header: Buffer,
  data = Buffer.alloc(0),
): Buffer {
  const pax = paxData(records);
  const size = `${pax.length.toString(8).padStart(11, '0')}\0`;
  return Buffer.concat([rawHeader('pax', { type: 'x', size }), padded(pax), header, padded(data)]);
}

export const endMarker = Buffer.alloc(1024);

/** The bytes as a stream of chunks of the given size. */
export function stream(bytes: Buffer, chunkSize = 65536): Readable {
  return Readable.from(
    (function* () {
      for (let at = 0; at < bytes.length; at += chunkSize) yield bytes.subarray(at, at + chunkSize);
    })(),
  );
}
