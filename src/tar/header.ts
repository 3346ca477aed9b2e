import { archiveError } from './archive-error.ts';

/** Size of a tar header in bytes, and the unit to which everything in an archive is padded. */
export const blockSize = 512;

/** One 512-byte header as stored; names are bytes in latin1. Layout: POSIX ustar, GNU tar, and v7 before them. */
export interface TarHeader {
  readonly name: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  /** Seconds; 0 if out of range. */
  readonly mtime: number;
  /** The type flag's character; `\0` is read as `0`. */
  readonly type: string;
  readonly linkName: string;
  readonly major: number;
  readonly minor: number;
}

const checksumAt = 148;
const checksumLength = 8;

/** A block of zeros ends an archive. */
export function isZeroBlock(block: Buffer): boolean {
  if (block[0] !== 0) return false;
  for (let at = 0; at < blockSize; at += 8) if (block.readBigUInt64LE(at) !== 0n) return false;
  return true;
}

/** @throws TcomposeError IMAGE_ARCHIVE when the checksum or a number is wrong: not a tar, or a damaged one. */
export function decodeHeader(block: Buffer): TarHeader {
  checkSum(block);
  const magic = block.toString('latin1', 257, 265);
  const devices = magic.startsWith('ustar\0') || magic.startsWith('ustar ');
  const prefix = prefixOf(block, magic);
  const name = text(block, 0, 100);
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    mode: number(block, 100, 8),
    uid: number(block, 108, 8),
    gid: number(block, 116, 8),
    size: number(block, 124, 12),
    mtime: number(block, 136, 12, 0),
    type: block[156] === 0 ? '0' : String.fromCharCode(block[156]!),
    linkName: text(block, 157, 100),
    major: devices ? number(block, 329, 8) : 0,
    minor: devices ? number(block, 337, 8) : 0,
  };
}

/** Directories in front of the name. star has times behind a shorter one, and GNU tar has times in its place. */
function prefixOf(block: Buffer, magic: string): string {
  if (magic.startsWith('ustar\0'))
    return text(block, 345, block.toString('latin1', 508, 512) === 'tar\0' ? 131 : 155);
  if (magic !== 'ustar  \0' || [345, 357].every((at) => block[at] === 0 || isNumber(block, at, 12)))
    return '';
  // Images of 2016 and before have such headers: GNU's by their magic, and a prefix all the same.
  const prefix = text(block, 345, 155);
  return /^[\x01-\x7f]*$/.test(prefix) ? prefix : '';
}

function isNumber(block: Buffer, start: number, length: number): boolean {
  if ((block[start]! & 0x80) !== 0) return true;
  return /^[ \0]*[0-7]*[ \0]*$/.test(block.toString('latin1', start, start + length));
}

/** The sum of all bytes with the checksum field as spaces; some old tars summed signed bytes. */
function checkSum(block: Buffer): void {
  let unsigned = 0;
  let signed = 0;
  for (let at = 0; at < blockSize; at++) {
    const byte = at >= checksumAt && at < checksumAt + checksumLength ? 0x20 : block[at]!;
    unsigned += byte;
    signed += byte > 127 ? byte - 256 : byte;
  }
  const stored = number(block, checksumAt, checksumLength);
  if (stored !== unsigned && stored !== signed)
    throw archiveError('it is not a tar, or it is damaged (wrong header checksum)');
}

function text(block: Buffer, start: number, length: number): string {
  const zero = block.indexOf(0, start);
  return block.toString('latin1', start, zero < 0 || zero > start + length ? start + length : zero);
}

/** A number in a header, at the given place. @throws TcomposeError IMAGE_ARCHIVE */
export const numberIn = (block: Buffer, start: number, length: number): number =>
  number(block, start, length);

/**
 * Octal digits between optional spaces and a NUL or space; or GNU's base 256 when the first bit is set. `otherwise`
 * replaces a number that is too large.
 */
function number(block: Buffer, start: number, length: number, otherwise?: number): number {
  if ((block[start]! & 0x80) !== 0) return base256(block, start, length, otherwise);
  let at = start;
  const end = start + length;
  while (at < end && (block[at] === 0x20 || block[at] === 0)) at++;
  let value = 0;
  for (; at < end && block[at] !== 0x20 && block[at] !== 0; at++) {
    const digit = block[at]! - 0x30;
    if (digit < 0 || digit > 7)
      throw archiveError('it is not a tar, or it is damaged (a number in a header is not octal)');
    value = value * 8 + digit;
  }
  return value;
}

/** Two's complement, big endian, without the marker bit. */
function base256(block: Buffer, start: number, length: number, otherwise?: number): number {
  const negative = (block[start]! & 0x40) !== 0;
  let value = negative ? -1n : 0n;
  for (let at = start; at < start + length; at++) {
    const byte = at === start ? (negative ? block[at]! | 0x80 : block[at]! & 0x7f) : block[at]!;
    value = at === start && negative ? BigInt(byte) - 256n : value * 256n + BigInt(byte);
  }
  const limit = BigInt(Number.MAX_SAFE_INTEGER);
  if (value > limit || value < -limit) {
    if (otherwise !== undefined) return otherwise;
    throw archiveError('it is damaged (a number in a header is out of range)');
  }
  return Number(value);
}
