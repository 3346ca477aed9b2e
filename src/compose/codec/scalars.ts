import type { Tree } from '../tree.ts';
import { parseBytes } from '../values/bytes.ts';
import { formatDuration, parseDuration } from '../values/duration.ts';
import { formatFileMode, parseFileMode } from '../values/file-mode.ts';
import { formatGoFloat, formatGoFloat32 } from '../values/go-float.ts';
import { int64Digits, toInt64 } from '../values/int64.ts';
import { type Codec, type Cursor, type ReadContext, reject } from './codec.ts';
import { RawNumber } from './out.ts';

/** A scalar as text, with numbers in Go's form; undefined for null and for what is not a scalar. */
export function textOf(node: Tree | undefined): string | undefined {
  if (typeof node === 'string') return node;
  if (typeof node === 'number')
    return Number.isInteger(node) && !Object.is(node, -0) ? String(node) : formatGoFloat(node);
  return typeof node === 'boolean' ? String(node) : undefined;
}

/** A string; omitted when empty. */
export const text: Codec = {
  read: (node) => textOf(node),
  write: (value) => (value === '' ? undefined : (value as string)),
};

/** A string that is printed even when empty. */
export const textAlways: Codec = { read: (node) => textOf(node), write: (value) => value as string };

/** A string that Docker Compose's model, and therefore its output, does not have. */
export const unprinted: Codec = { read: (node) => textOf(node), write: () => undefined };

const truths: Readonly<Record<string, boolean>> = {
  true: true,
  false: false,
  '1': true,
  '0': false,
  t: true,
  f: false,
};

function readBoolean(node: Tree, at: Cursor, context: ReadContext): boolean | undefined {
  if (typeof node === 'boolean') return node;
  const word = String(node).toLowerCase();
  if (node !== null && Object.hasOwn(truths, word)) return truths[word];
  return node === null ? undefined : reject(context, at, `"${String(node)}" is neither true nor false`);
}

/** A boolean; omitted when false. */
export const flag: Codec = { read: readBoolean, write: (value) => (value === true ? true : undefined) };

/** A boolean that is printed whenever it was given. */
export const flagAsGiven: Codec = { read: readBoolean, write: (value) => value as boolean };

/** A boolean that is true unless the file says otherwise; only `false` is printed. */
export const optOut: Codec = { read: readBoolean, write: (value) => (value === false ? false : undefined) };

function readInteger(node: Tree, at: Cursor, context: ReadContext): number | undefined {
  if (node === null) return undefined;
  const number = typeof node === 'string' && node.trim() !== '' ? Number(node) : node;
  if (typeof number === 'number' && Number.isFinite(number)) {
    if (Number.isSafeInteger(number)) return number;
    if (Number.isInteger(number)) {
      const whole = toInt64(node as number | string);
      return whole ?? reject(context, at, `${String(node)} does not fit into 64 bits`);
    }
    // Attributes such as cpu_period are numbers in the schema and integers in the model.
    if (typeof node === 'number') return Math.trunc(number);
  }
  return reject(context, at, `"${String(node)}" is not a whole number`, 'Write digits alone, such as 10.');
}

/** An integer; omitted when 0. */
export const integer: Codec = {
  read: readInteger,
  write: (value) => (value === 0 ? undefined : writeInteger(value)),
};

/** An integer that is printed whenever it was given. */
export const integerAsGiven: Codec = { read: readInteger, write: (value) => writeInteger(value) };

const writeInteger = (value: unknown): number | RawNumber =>
  Number.isSafeInteger(value) ? (value as number) : new RawNumber(int64Digits(value as number));

/** A number of devices, -1 for `all`. */
export const deviceCount: Codec = {
  read: (node, at, context) =>
    typeof node === 'string' && node.toLowerCase() === 'all' ? -1 : readInteger(node, at, context),
  write: integer.write,
};

/** A number that Go stores in 32 bits; omitted when 0. */
export const fraction: Codec = {
  read: (node, at, context) => {
    if (node === null) return undefined;
    const number = typeof node === 'string' && node.trim() !== '' ? Number(node) : node;
    if (typeof number === 'number' && Number.isFinite(number)) return number;
    return reject(context, at, `"${String(node)}" is not a number`, 'A number has no unit: 0.5, 2.');
  },
  write: (value, format) =>
    value === 0 ? undefined : new RawNumber(formatGoFloat32(value as number, format === 'yaml' ? 1e6 : 1e21)),
};

/** Bytes; printed as a string of decimal digits, omitted when 0. */
export const bytes: Codec = {
  read: (node, at, context) => {
    const size = parseBytes(textOf(node) ?? '');
    if (typeof size === 'number') return size;
    return node === null
      ? undefined
      : reject(context, at, size.error, 'A size is a number with a unit: 512m, 1.5g.');
  },
  write: (value) => (value === 0 ? undefined : int64Digits(value as number)),
};

const readDuration: Codec['read'] = (node, at, context) => {
  if (node === null) return undefined;
  const nanoseconds = parseDuration(textOf(node) ?? '');
  if (typeof nanoseconds === 'number') return nanoseconds;
  return reject(context, at, nanoseconds.error, 'A duration is a number with a unit: 30s, 1m30s, 500ms.');
};

/** Nanoseconds; omitted when 0. */
export const duration: Codec = {
  read: readDuration,
  write: (value) => (value === 0 ? undefined : formatDuration(value as number)),
};

/** Nanoseconds that are printed whenever they were given. */
export const durationAsGiven: Codec = {
  read: readDuration,
  write: (value) => formatDuration(value as number),
};

/** A file mode; printed as `"0440"`. */
export const fileMode: Codec = {
  read: (node, at, context) => {
    if (typeof node !== 'string' && typeof node !== 'number') return undefined;
    const mode = parseFileMode(node);
    return typeof mode === 'number' ? mode : reject(context, at, mode.error, 'A mode is octal: 0440.');
  },
  write: (value) => formatFileMode(value as number),
};

/** A file mode printed as a plain number (`tmpfs.mode`). */
export const fileModeNumber: Codec = { read: fileMode.read, write: integer.write };
