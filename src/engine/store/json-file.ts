import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { TcomposeError } from '../../errors.ts';
import { refuseOnFullDisk } from './full-disk.ts';

/**
 * Writes an object by temporary file + rename, synchronously and without fsync, mode 0600: for what is written once.
 *
 * Synchronously because it is cheaper than handing three calls to the thread pool, and because the order of two writes
 * is then the order of the program: measured with `dd` writing the same ext4 disk at full speed, median 0.09 ms, worst
 * 1.5 ms, against 0.17 and 14 ms through fs.promises. Without fsync because that costs 0.4 to 2 ms in the median and
 * up to 37 ms under the same writeback, several times per container start. What is lost by it is the last seconds
 * before a power failure, after which every container is dead anyway: a state of another boot is recognized by its boot id.
 */
export function writeJson(path: string, value: unknown): void {
  writeText(path, `${JSON.stringify(value)}\n`);
}

/**
 * Like writeJson, but in place: for a file that nobody reads before another file says that it is complete. A crash can
 * leave part of it. Saves a rename, and a new name for which the file system has to find a place.
 */
export function writeJsonInPlace(path: string, value: unknown): void {
  try {
    refuseOnFullDisk(path);
    writeFileSync(path, `${JSON.stringify(value)}\n`, { mode: 0o600 });
  } catch (error) {
    throw naming(path, error);
  }
}

function writeText(path: string, text: string): void {
  const temporary = `${path}.tmp`;
  try {
    refuseOnFullDisk(path);
    writeFileSync(temporary, text, { mode: 0o600 });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw naming(path, error);
  }
}

/** A failed write(2) does not say which file it was. */
function naming(path: string, error: unknown): unknown {
  return Object.assign(error as NodeJS.ErrnoException, { path });
}

/** A file of lines that is longer than this many bytes is rewritten. */
const longestLines = 64 * 1024;

/**
 * Writes a value that changes often as one more line of its file; the last complete line counts. A rename over an
 * existing file makes ext4 write out the old one's blocks first (auto_da_alloc): 0.5 ms with 20 containers starting,
 * against 0.02 ms for this. The death of the process does not cut off a write(2) of a line; a power failure can only
 * lose the newest lines. `head` is the first line of the file, also after it is rewritten: the part of the object that
 * does not change.
 */
export function appendJson(path: string, value: unknown, head?: () => unknown): void {
  refuseOnFullDisk(path);
  const fd = openSync(path, 'a', 0o600);
  let length: number;
  try {
    const before = fstatSync(fd).size;
    const line = Buffer.from(`${before === 0 ? headLine(head) : '\n'}${JSON.stringify(value)}\n`);
    if (writeSync(fd, line) < line.length) {
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    }
    length = before + line.length;
  } catch (error) {
    throw naming(path, error);
  } finally {
    closeSync(fd);
  }
  if (length > longestLines) shorten(path, value, head, length);
}

const headLine = (head: (() => unknown) | undefined): string =>
  head === undefined ? '' : `${JSON.stringify(head())}\n`;

/** The line is on disk already: a file that can't be shortened now is shortened after a later line. */
function shorten(path: string, value: unknown, head: (() => unknown) | undefined, length: number): void {
  try {
    writeText(path, `${headLine(head)}${JSON.stringify(value)}\n`);
  } catch (error) {
    if (length > 16 * longestLines) throw error;
  }
}

/** The content of a state file. */
export type Reading<T> =
  | { readonly kind: 'whole'; readonly value: T }
  | { readonly kind: 'absent' }
  /** `why` is a clause: `it is empty`. */
  | { readonly kind: 'damaged'; readonly why: string };

/** Says what is wrong with a value's form, as a clause; undefined if nothing is. */
type Validate = (value: unknown) => string | undefined;

/** The last complete (a power failure may have cut one off) and valid line that appendJson wrote. */
export function examineLastLine<T>(path: string, validate: Validate): Reading<T> {
  const text = readText(path);
  if (typeof text !== 'string') return text;
  const values = lines(text);
  const last = values.findLast((value) => validate(value) === undefined);
  if (last !== undefined) return { kind: 'whole', value: last as T };
  const why = text.trim() === '' ? 'it is empty' : values.length === 0 ? 'it is not JSON' : undefined;
  return { kind: 'damaged', why: why ?? validate(values.at(-1)) ?? 'it cannot be read' };
}

/** The first valid line; undefined when there is none. For the head that appendJson wrote. */
export function findLine<T>(path: string, validate: Validate): T | undefined {
  const text = readText(path);
  if (typeof text !== 'string') return undefined;
  return lines(text).find((value) => validate(value) === undefined) as T | undefined;
}

/** Reads and validates a file of writeJson's. */
export function examineJson<T>(path: string, validate: Validate): Reading<T> {
  const text = readText(path);
  if (typeof text !== 'string') return text;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: 'damaged', why: text.trim() === '' ? 'it is empty' : 'it is not JSON' };
  }
  const fault = validate(value);
  return fault === undefined ? { kind: 'whole', value: value as T } : { kind: 'damaged', why: fault };
}

/** A pipe in the place of a file is empty, and does not hold up the engine. */
const withoutWaiting = constants.O_RDONLY | constants.O_NONBLOCK;

function readText(path: string): string | Exclude<Reading<never>, { kind: 'whole' }> {
  try {
    const fd = openSync(path, withoutWaiting);
    try {
      return readFileSync(fd, 'utf8');
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'ENOENT'
      ? { kind: 'absent' }
      : { kind: 'damaged', why: `it cannot be read (${message})` };
  }
}

/** The values of all lines that are valid JSON. */
function lines(text: string): unknown[] {
  return text.split('\n').flatMap((line) => {
    if (line === '') return [];
    try {
      return [JSON.parse(line) as unknown];
    } catch {
      return [];
    }
  });
}

/**
 * Like examineJson, for files without which their object does not exist: undefined when the file is missing; throws
 * ENGINE_STATE_CORRUPT, naming the file, when it is damaged.
 */
export function readJson<T>(path: string, validate: Validate): T | undefined {
  const reading = examineJson<T>(path, validate);
  if (reading.kind === 'whole') return reading.value;
  if (reading.kind === 'absent') return undefined;
  throw new TcomposeError('ENGINE_STATE_CORRUPT', `${path} cannot be read: ${reading.why}.`, {
    hint: 'the object it belongs to is left alone; remove the file or restore it from a backup',
  });
}

/**
 * Like writeJson, but does nothing on a full disk: the engine must run, so that something can be removed; the next one
 * writes the file.
 */
export function writeUnlessFull(path: string, value: unknown): void {
  try {
    writeJson(path, value);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}

/** A small structural check: each key's value must satisfy its test. Returns a sentence about the first fault. */
export function checkShape(
  value: unknown,
  shape: Readonly<Record<string, (field: unknown) => boolean>>,
): string | undefined {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return 'it is not an object';
  const record = value as Record<string, unknown>;
  for (const [key, test] of Object.entries(shape)) {
    if (!test(record[key])) return `"${key}" is missing or wrong`;
  }
  return undefined;
}

/** For checkShape. */
export const isString = (value: unknown): value is string => typeof value === 'string';

/** For checkShape. */
export const isNumber = (value: unknown): value is number => typeof value === 'number';

/** For checkShape; lists are excluded. */
export const isObject = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

/** For checkShape: 64 hex digits. */
export const isId = (value: unknown): value is string => isString(value) && /^[0-9a-f]{64}$/.test(value);
