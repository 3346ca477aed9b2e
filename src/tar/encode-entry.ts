import { blockSize } from './header.ts';
import { encodePaxRecord } from './pax-encode.ts';
import type { TarEntryType } from './tar-reader.ts';

/** An entry to write. Names are bytes in latin1, as in TarEntry. */
export interface NewTarEntry {
  readonly type: TarEntryType;
  /** A directory's slash is added here. */
  readonly name: string;
  readonly linkName?: string;
  /** Permission bits with setuid, setgid and sticky. */
  readonly mode: number;
  readonly uid?: number;
  readonly gid?: number;
  /** Bytes of data that follow; only for files. */
  readonly size?: number;
  /** Nanoseconds since the epoch. */
  readonly modified?: bigint;
  readonly major?: number;
  readonly minor?: number;
  readonly xattrs?: ReadonlyMap<string, Uint8Array>;
}

const flags: Readonly<Record<TarEntryType, string>> = {
  file: '0',
  hardlink: '1',
  symlink: '2',
  char: '3',
  block: '4',
  directory: '5',
  fifo: '6',
};
const nameLength = 100;
const prefixLength = 155;
const most7Digits = 0o7777777;
const most11Digits = 0o77777777777;
const billion = 1_000_000_000n;

/** The end of an archive. */
export const endOfArchive = Buffer.alloc(2 * blockSize);

/** The zeros after `size` bytes of data. */
export const paddingOf = (size: number): Buffer => Buffer.alloc((blockSize - (size % blockSize)) % blockSize);

/**
 * The header of an entry, as ustar if that suffices, otherwise after an extended header (pax): for long names, large
 * sizes and ids, times with a fraction, extended attributes. The same entry gives the same bytes. Pure.
 */
export function encodeEntry(entry: NewTarEntry): Buffer {
  const { uid = 0, gid = 0, size = 0, modified = 0n, linkName = '' } = entry;
  const name = entry.type === 'directory' && !entry.name.endsWith('/') ? `${entry.name}/` : entry.name;
  const seconds = modified / billion - (modified < 0n && modified % billion !== 0n ? 1n : 0n);
  const split = splitName(name);
  const records: Buffer[] = [];
  const extend = (key: string, value: Uint8Array | string) => records.push(encodePaxRecord(key, value));
  if (split === undefined) extend('path', Buffer.from(name, 'latin1'));
  if (linkName.length > nameLength) extend('linkpath', Buffer.from(linkName, 'latin1'));
  if (size > most11Digits) extend('size', String(size));
  if (uid > most7Digits) extend('uid', String(uid));
  if (gid > most7Digits) extend('gid', String(gid));
  if (modified % billion !== 0n || seconds < 0n || seconds > BigInt(most11Digits))
    extend('mtime', decimal(modified));
  for (const [key, value] of [...(entry.xattrs ?? [])].sort(([a], [b]) => (a < b ? -1 : 1)))
    extend(`SCHILY.xattr.${key}`, value);
  const header = encodeHeader({
    name: split?.name ?? name.slice(-nameLength),
    prefix: split?.prefix ?? '',
    flag: flags[entry.type],
    linkName,
    numbers: [entry.mode & 0o7777, uid, gid],
    size,
    seconds: Number(seconds < 0n ? 0n : seconds),
    devices: [entry.major ?? 0, entry.minor ?? 0],
  });
  if (records.length === 0) return header;
  const data = Buffer.concat(records);
  const extension = encodeHeader({
    name: 'PaxHeaders/entry',
    prefix: '',
    flag: 'x',
    linkName: '',
    numbers: [0o644, 0, 0],
    size: data.length,
    seconds: 0,
    devices: [0, 0],
  });
  return Buffer.concat([extension, data, paddingOf(data.length), header]);
}

/** A name in ustar's two fields; undefined when it does not fit. */
function splitName(name: string): { readonly name: string; readonly prefix: string } | undefined {
  if (name.length <= nameLength) return { name, prefix: '' };
  // The slash between the two is not stored; the rest must not be empty.
  const slash = name.indexOf('/', name.length - nameLength - 1);
  if (slash <= 0 || slash > prefixLength || slash === name.length - 1) return undefined;
  return { name: name.slice(slash + 1), prefix: name.slice(0, slash) };
}

/** Seconds with as many decimals as necessary. */
function decimal(nanoseconds: bigint): string {
  const sign = nanoseconds < 0n ? '-' : '';
  const absolute = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  const fraction = (absolute % billion).toString().padStart(9, '0').replace(/0+$/, '');
  return `${sign}${absolute / billion}${fraction === '' ? '' : `.${fraction}`}`;
}

interface Fields {
  readonly name: string;
  readonly prefix: string;
  readonly flag: string;
  readonly linkName: string;
  /** Mode, uid, gid. */
  readonly numbers: readonly [number, number, number];
  readonly size: number;
  readonly seconds: number;
  readonly devices: readonly [number, number];
}

/** Numbers that are too large are written as 0: an extended header has them. */
function encodeHeader(fields: Fields): Buffer {
  const block = Buffer.alloc(blockSize);
  const octal = (value: number, at: number, digits: number) => {
    const fits = value < 8 ** digits;
    block.write((fits ? value : 0).toString(8).padStart(digits, '0'), at, 'latin1');
  };
  block.write(fields.name, 0, nameLength, 'latin1');
  for (const [index, value] of fields.numbers.entries()) octal(value, 100 + 8 * index, 7);
  octal(fields.size, 124, 11);
  octal(fields.seconds, 136, 11);
  block.write(fields.flag, 156, 'latin1');
  block.write(fields.linkName, 157, nameLength, 'latin1');
  block.write('ustar\0' + '00', 257, 'latin1');
  for (const [index, value] of fields.devices.entries()) octal(value, 329 + 8 * index, 7);
  block.write(fields.prefix, 345, prefixLength, 'latin1');
  block.fill(0x20, 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}
