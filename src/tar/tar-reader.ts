import { archiveError, shownName } from './archive-error.ts';
import { ByteSource } from './byte-source.ts';
import { blockSize, decodeHeader, isZeroBlock, type TarHeader } from './header.ts';
import { decodePax, type PaxList } from './pax.ts';
import { checkedMap, paxSparse, readMapInData, readOldMap, type SparseMap } from './sparse.ts';

export type TarEntryType = 'file' | 'directory' | 'symlink' | 'hardlink' | 'char' | 'block' | 'fifo';

/** One entry with its extended headers applied. Names are bytes in latin1, as in the archive. */
export interface TarEntry {
  readonly type: TarEntryType;
  readonly name: string;
  readonly linkName: string;
  /** Permission bits with setuid, setgid and sticky. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes of data; 0 for everything except files. */
  readonly size: number;
  /** A file with holes: `size` bytes of data are its pieces, one after the other. */
  readonly sparse?: SparseMap;
  /** Seconds, with fraction; never negative. */
  readonly mtime: number;
  /** The fraction of `mtime` with all its digits. */
  readonly nanoseconds: number;
  readonly major: number;
  readonly minor: number;
  readonly xattrs: ReadonlyMap<string, Buffer>;
}

interface TarReaderOptions {
  /** Return files with holes as such; otherwise they are refused. */
  readonly sparse?: boolean;
  /** An empty stream is an archive without entries. */
  readonly mayBeEmpty?: boolean;
}

const types: Readonly<Record<string, TarEntryType>> = {
  '0': 'file',
  S: 'file',
  '7': 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '3': 'char',
  '4': 'block',
  '5': 'directory',
  '6': 'fifo',
};
/** Most bytes of an extended header or long name; the kernel limits names and attributes to far less. */
const longestExtension = 1024 * 1024;
const schilyXattr = 'SCHILY.xattr.';
/** Seconds that fit 64 bits of nanoseconds; later times count as missing. */
const latestTime = 9_223_372_036;

/** Headers that precede an entry's own; global ones and volume labels have no effect. */
const extensionTypes: ReadonlySet<string> = new Set(['x', 'L', 'K', 'g', 'V']);

/** What precedes an entry's own header. */
interface Extensions {
  readonly pax: PaxList;
  readonly longName: string | undefined;
  readonly longLink: string | undefined;
}

const noExtensions: Extensions = { pax: [], longName: undefined, longLink: undefined };

/**
 * Reads a tar (v7, ustar, pax, GNU) as it streams. `next` returns an entry, `read` its data; unread data is skipped.
 * This is our own code because extended attributes contain bytes that aren't text, which existing readers lose. Global
 * extended headers have no effect, and the end marker may be missing, as when docker reads layers.
 */
export class TarReader {
  readonly #source: ByteSource;
  readonly #options: TarReaderOptions;
  #left = 0;
  #padding = 0;
  #done = false;

  constructor(source: AsyncIterable<Uint8Array>, options: TarReaderOptions = {}) {
    this.#source = new ByteSource(source);
    this.#options = options;
  }

  /**
   * The next entry; undefined after the last one, when the source has been read to its end.
   * @throws TcomposeError IMAGE_ARCHIVE when the archive is damaged, cut off, or not a tar.
   */
  async next(): Promise<TarEntry | undefined> {
    if (this.#left > 0) while (await this.read()) {}
    if (this.#padding > 0) await this.#pass();
    let found = noExtensions;
    while (!this.#done) {
      const block = this.#source.atHand(blockSize) ?? (await this.#source.exactOrEnd(blockSize));
      if (block === undefined || isZeroBlock(block)) {
        this.#done = true;
        if (block !== undefined) await this.#source.drain();
        else if (this.#source.position === 0 && this.#options.mayBeEmpty !== true)
          throw archiveError('it is empty');
        break;
      }
      const header = decodeHeader(block);
      if (header.size < 0) throw archiveError('it is damaged (a negative size)');
      if (!extensionTypes.has(header.type)) return this.#entry(header, block, found);
      found = await this.#extended(header, found);
    }
    return undefined;
  }

  /** Bytes of the current entry's data that have not been read. */
  get left(): number {
    return this.#left;
  }

  /**
   * The next piece of the current entry's data, valid until something else is read; undefined at its end.
   * @throws TcomposeError IMAGE_ARCHIVE when cut off
   */
  async read(): Promise<Buffer | undefined> {
    if (this.#left > 0) {
      const piece = await this.#source.some(this.#left);
      this.#left -= piece.length;
      return piece;
    }
    if (this.#padding > 0) await this.#pass();
    return undefined;
  }

  /** Like `read`, but undefined when nothing is available, or at the end: usually there is no need to wait. */
  readAtHand(): Buffer | undefined {
    if (this.#left === 0) return undefined;
    const piece = this.#source.someAtHand(this.#left);
    this.#left -= piece?.length ?? 0;
    return piece;
  }

  async #pass(): Promise<void> {
    if (this.#source.atHand(this.#padding) === undefined) await this.#source.skip(this.#padding);
    this.#padding = 0;
  }

  /** Releases the source; needed only when the end was not reached. */
  async close(): Promise<void> {
    await this.#source.close();
  }

  /** The extensions after one more header of extensionTypes. */
  async #extended(header: TarHeader, found: Extensions): Promise<Extensions> {
    switch (header.type) {
      case 'x':
        // Only the last one counts: two are not combined.
        return {
          pax: decodePax(await this.#extension(header)),
          longName: found.longName,
          longLink: found.longLink,
        };
      case 'L':
        return { pax: found.pax, longName: await this.#text(header), longLink: found.longLink };
      case 'K':
        return { pax: found.pax, longName: found.longName, longLink: await this.#text(header) };
      default:
        await this.#extension(header);
        // What stands before a global header is not the next entry's.
        return header.type === 'g' ? noExtensions : found;
    }
  }

  /** Of a long name; an empty one counts for nothing. */
  async #text(header: TarHeader): Promise<string | undefined> {
    return cString(await this.#extension(header)) || undefined;
  }

  async #extension(header: TarHeader): Promise<Buffer> {
    if (header.size > longestExtension)
      throw archiveError('it is damaged (an extended header of impossible size)');
    const data = Buffer.from(await this.#source.exact(header.size));
    await this.#source.skip((blockSize - (header.size % blockSize)) % blockSize);
    return data;
  }

  #entry(header: TarHeader, block: Buffer, found: Extensions): TarEntry | Promise<TarEntry> {
    const entry = toEntry(header, found);
    const stored = dataSize(header, entry, found.pax);
    if (header.type === 'S' || found.pax.length > 0) return this.#maybeSparse(header, block, found, entry);
    this.#left = stored;
    this.#padding = (blockSize - (stored % blockSize)) % blockSize;
    return entry;
  }

  async #maybeSparse(
    header: TarHeader,
    block: Buffer,
    found: Extensions,
    entry: TarEntry,
  ): Promise<TarEntry> {
    const stored = dataSize(header, entry, found.pax);
    // The source's next bytes may be in the same memory.
    const sparse = await this.#sparse(header, Buffer.from(block), found.pax, entry, stored);
    const taken = sparse === undefined ? 0 : sparse.taken;
    this.#left = stored - taken;
    this.#padding = (blockSize - (stored % blockSize)) % blockSize;
    if (sparse === undefined) return entry;
    const map = checkedMap(sparse.map, this.#left, entry.name);
    const name = sparse.map.name ?? entry.name;
    if (name.includes('\0')) throw nulInName();
    return { ...entry, name, size: this.#left, sparse: map };
  }

  async #sparse(
    header: TarHeader,
    block: Buffer,
    pax: PaxList,
    entry: TarEntry,
    stored: number,
  ): Promise<{ readonly map: SparseMap; readonly taken: number } | undefined> {
    const said = entry.type === 'file' && pax.length > 0 ? paxSparse(pax, entry.name) : undefined;
    if (header.type !== 'S' && said === undefined) return undefined;
    if (this.#options.sparse !== true)
      throw archiveError(
        `${shownName(entry.name)} is stored as a sparse file; make the archive without --sparse`,
      );
    if (said?.kind === 'map') return { map: said.map, taken: 0 };
    const next = () => this.#source.exact(blockSize);
    if (said === undefined) return { map: await readOldMap(block, next, entry.name), taken: 0 };
    const { bytes, ...map } = await readMapInData(next, said.size, entry.name);
    if (bytes > stored)
      throw archiveError('it is damaged (the map of a sparse file is longer than the file)');
    return { map: { ...map, ...(said.name === undefined ? {} : { name: said.name }) }, taken: bytes };
  }
}

const lastOf = (records: PaxList, key: string): Buffer | undefined => {
  for (let at = records.length - 1; at >= 0; at--) if (records[at]![0] === key) return records[at]![1];
  return undefined;
};

/**
 * Only files have data, and hard links in pax archives; for other types a size is not followed by data (POSIX ustar,
 * "size").
 */
function dataSize(header: TarHeader, entry: TarEntry, records: PaxList): number {
  if (entry.type === 'file') return entry.size;
  if (entry.type === 'hardlink') return numeric(records, 'size') ?? header.size;
  return 0;
}

function toEntry(header: TarHeader, { pax, longName, longLink }: Extensions): TarEntry {
  const said = (key: string): string | undefined => {
    const text = pax.length === 0 ? undefined : lastOf(pax, key)?.toString('latin1');
    return text === '' ? undefined : text;
  };
  const name = longName ?? said('path') ?? header.name;
  let type = types[header.type];
  if (type === undefined)
    throw archiveError(`${shownName(name)} has the unknown type ${shownName(header.type)}`);
  const linkName = longLink ?? said('linkpath') ?? header.linkName;
  if (name.includes('\0') || linkName.includes('\0')) throw nulInName();
  if (linkName === '' && (type === 'symlink' || type === 'hardlink'))
    throw archiveError(`${shownName(name)} is a link to nothing`);
  const size = numeric(pax, 'size') ?? header.size;
  // v7 had no directory type.
  if (header.type === '0' && name.endsWith('/') && size === 0) type = 'directory';
  const mtime = time(numeric(pax, 'mtime', 0) ?? header.mtime);
  return {
    type,
    name,
    linkName,
    mode: header.mode & 0o7777,
    uid: id(numeric(pax, 'uid') ?? header.uid),
    gid: id(numeric(pax, 'gid') ?? header.gid),
    size: type === 'file' ? size : 0,
    mtime,
    nanoseconds: Number.isInteger(mtime) ? 0 : fractionOf(said('mtime') ?? ''),
    major: header.major,
    minor: header.minor,
    xattrs: pax.length === 0 ? noXattrs : xattrsOf(pax),
  };
}

/** Ids have 32 bits; 2³²-1, which means "leave as it is" to chown(2), becomes the owner of a new file: 0. */
function id(value: number): number {
  const wrapped = ((Math.trunc(value) % 2 ** 32) + 2 ** 32) % 2 ** 32;
  return wrapped === 2 ** 32 - 1 ? 0 : wrapped;
}

/** Nanoseconds after the decimal point. */
const fractionOf = (text: string): number => Number((text.split('.')[1] ?? '').slice(0, 9).padEnd(9, '0'));

const time = (seconds: number): number => (seconds < 0 || seconds > latestTime ? 0 : seconds);

/** A number in an extended header; `otherwise` replaces one that is too large for calculations. */
function numeric(records: PaxList, key: string, otherwise?: number): number | undefined {
  const text = records.length === 0 ? undefined : lastOf(records, key)?.toString('latin1');
  if (text === undefined || text === '') return undefined;
  const value = Number(text);
  const form = key === 'mtime' ? /^[+-]?[0-9]+(\.[0-9]*)?$/ : /^[+-]?[0-9]+$/;
  const number = form.test(text) && !(key === 'size' && value < 0);
  if (number && Math.abs(value) <= Number.MAX_SAFE_INTEGER) return value;
  if (number && otherwise !== undefined) return otherwise;
  throw archiveError(`it is damaged (${key} is ${shownName(text)} in an extended header)`);
}

const nulInName = () => archiveError('it is damaged (a NUL in a name)');

const noXattrs: ReadonlyMap<string, Buffer> = new Map();

function xattrsOf(records: PaxList): ReadonlyMap<string, Buffer> {
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
