import { archiveError, shownName } from './archive-error.ts';
import { ByteSource } from './byte-source.ts';
import { blockSize, decodeHeader, isZeroBlock, type TarHeader } from './header.ts';
import { decodePax, type PaxRecords } from './pax.ts';

export type TarEntryType = 'file' | 'directory' | 'symlink' | 'hardlink' | 'char' | 'block' | 'fifo';

/** One entry with its extended headers applied. Names are bytes in latin1, as they stand in the archive. */
export interface TarEntry {
  readonly type: TarEntryType;
  readonly name: string;
  readonly linkName: string;
  /** Permission bits with setuid, setgid and sticky. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes of data; 0 for all but files. */
  readonly size: number;
  /** Seconds, with fraction. */
  readonly mtime: number;
  readonly major: number;
  readonly minor: number;
  readonly xattrs: ReadonlyMap<string, Buffer>;
}

const types: Readonly<Record<string, TarEntryType>> = {
  '0': 'file',
  '7': 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '3': 'char',
  '4': 'block',
  '5': 'directory',
  '6': 'fifo',
};
/** Bytes an extended header or long name may have; names and attributes are limited by the kernel to far less. */
const longestExtension = 1024 * 1024;
const schilyXattr = 'SCHILY.xattr.';

/**
 * Reads a tar (v7, ustar, pax, GNU) as it streams. `next` gives an entry, `read` its data; data that is not read is
 * passed over. Own code because extended attributes hold bytes that aren't text, which ready-made readers lose.
 */
export class TarReader {
  readonly #source: ByteSource;
  #left = 0;
  #padding = 0;
  #global: PaxRecords = new Map();
  #done = false;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = new ByteSource(source);
  }

  /**
   * The next entry; undefined behind the last one, when the source has been read to its end.
   * @throws TcomposeError IMAGE_ARCHIVE when the archive is damaged, cut off, or no tar.
   */
  async next(): Promise<TarEntry | undefined> {
    while (await this.read()) {}
    let pax: PaxRecords = new Map();
    let longName: string | undefined;
    let longLink: string | undefined;
    while (!this.#done) {
      const block = await this.#source.exactOrEnd(blockSize);
      if (block === undefined)
        throw archiveError(
          this.#source.position === 0 ? 'it is empty' : 'it is cut off (the end marker is missing)',
        );
      if (isZeroBlock(block)) {
        this.#done = true;
        await this.#source.drain();
        break;
      }
      const header = decodeHeader(block);
      if (header.size < 0) throw archiveError('it is damaged (a negative size)');
      if (header.type === 'x') pax = decodePax(await this.#extension(header));
      else if (header.type === 'g')
        this.#global = new Map([...this.#global, ...decodePax(await this.#extension(header))]);
      else if (header.type === 'L') longName = cString(await this.#extension(header));
      else if (header.type === 'K') longLink = cString(await this.#extension(header));
      else if (header.type === 'V') await this.#extension(header);
      else {
        const records = this.#global.size === 0 ? pax : new Map([...this.#global, ...pax]);
        const entry = toEntry(header, records, longName, longLink);
        this.#left = dataSize(header, entry, records);
        this.#padding = (blockSize - (this.#left % blockSize)) % blockSize;
        return entry;
      }
    }
    return undefined;
  }

  /** The next piece of the current entry's data; undefined at its end. @throws TcomposeError IMAGE_ARCHIVE when cut off */
  async read(): Promise<Buffer | undefined> {
    if (this.#left > 0) {
      const piece = await this.#source.some(this.#left);
      this.#left -= piece.length;
      return piece;
    }
    if (this.#padding > 0) {
      await this.#source.exact(this.#padding);
      this.#padding = 0;
    }
    return undefined;
  }

  /** Releases the source; needed only when the end was not reached. */
  async close(): Promise<void> {
    await this.#source.close();
  }

  async #extension(header: TarHeader): Promise<Buffer> {
    if (header.size > longestExtension)
      throw archiveError('it is damaged (an extended header of absurd size)');
    const data = await this.#source.exact(header.size);
    await this.#source.exact((blockSize - (header.size % blockSize)) % blockSize);
    return data;
  }
}

/** Only files have data, and hard links in pax archives; a size elsewhere has nothing behind it (POSIX ustar, "size"). */
function dataSize(header: TarHeader, entry: TarEntry, records: PaxRecords): number {
  if (entry.type === 'file') return entry.size;
  if (entry.type === 'hardlink') return numeric(records, 'size') ?? header.size;
  return 0;
}

function toEntry(
  header: TarHeader,
  records: PaxRecords,
  longName: string | undefined,
  longLink: string | undefined,
): TarEntry {
  const name = records.get('path')?.toString('latin1') ?? longName ?? header.name;
  let type = types[header.type];
  if (header.type === 'S' || records.has('GNU.sparse.major') || records.has('GNU.sparse.map'))
    throw archiveError(`${shownName(name)} is stored as a sparse file; make the archive without --sparse`);
  if (type === undefined)
    throw archiveError(`${shownName(name)} has the unknown type ${shownName(header.type)}`);
  // v7 had no directory type.
  if (type === 'file' && header.type === '0' && name.endsWith('/')) type = 'directory';
  const linkName = records.get('linkpath')?.toString('latin1') ?? longLink ?? header.linkName;
  if (name.includes('\0') || linkName.includes('\0')) throw archiveError('it is damaged (a NUL in a name)');
  if (linkName === '' && (type === 'symlink' || type === 'hardlink'))
    throw archiveError(`${shownName(name)} is a link to nothing`);
  const size = numeric(records, 'size') ?? header.size;
  return {
    type,
    name,
    linkName,
    mode: header.mode & 0o7777,
    uid: id(numeric(records, 'uid') ?? header.uid, name),
    gid: id(numeric(records, 'gid') ?? header.gid, name),
    size: type === 'file' ? size : 0,
    mtime: numeric(records, 'mtime') ?? header.mtime,
    major: header.major,
    minor: header.minor,
    xattrs: xattrsOf(records),
  };
}

/** 2³²-1 means "leave as it is" to chown(2), so it is no id. */
function id(value: number, name: string): number {
  if (!Number.isInteger(value) || value < 0 || value >= 0xffffffff)
    throw archiveError(`the owner of ${shownName(name)} is not a valid id (${value})`);
  return value;
}

function numeric(records: PaxRecords, key: string): number | undefined {
  const text = records.get(key)?.toString('latin1');
  if (text === undefined || text === '') return undefined;
  const value = Number(text);
  if (
    !/^-?[0-9]+(\.[0-9]*)?$/.test(text) ||
    Math.abs(value) > Number.MAX_SAFE_INTEGER ||
    (key === 'size' && value < 0)
  )
    throw archiveError(`it is damaged (${key} is ${shownName(text)} in an extended header)`);
  return value;
}

const noXattrs: ReadonlyMap<string, Buffer> = new Map();

function xattrsOf(records: PaxRecords): ReadonlyMap<string, Buffer> {
  let found: Map<string, Buffer> | undefined;
  for (const [key, value] of records) {
    if (!key.startsWith(schilyXattr)) continue;
    found ??= new Map();
    found.set(Buffer.from(key.slice(schilyXattr.length), 'latin1').toString('utf8'), value);
  }
  return found ?? noXattrs;
}

function cString(data: Buffer): string {
  const zero = data.indexOf(0);
  return data.toString('latin1', 0, zero < 0 ? data.length : zero);
}
