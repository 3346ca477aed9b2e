import { constants } from 'node:os';
import { SystemCallError } from '../sys/libc.ts';

/**
 * Paths and names in this folder are bytes in latin1, one byte a character, because file names need not be UTF-8. The
 * path of an entry inside a root has no leading slash; the root itself is ''.
 */
export const bytesOfPath = (text: string): string => Buffer.from(text).toString('latin1');

/** The inverse, for paths in an answer. */
export const textOfPath = (path: string): string => Buffer.from(path, 'latin1').toString();

/** Bytes with a terminating NUL. @throws SystemCallError EINVAL when they contain a NUL already */
export function cName(name: string): Buffer {
  if (name.includes('\0')) throw new SystemCallError('a name with NUL', constants.errno.EINVAL);
  return Buffer.from(`${name}\0`, 'latin1');
}

export const joined = (directory: string, name: string): string =>
  directory === '' ? name : `${directory}/${name}`;

export const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

export const baseOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** Whether `path` is `directory` or something below it. */
export const isWithin = (path: string, directory: string): boolean =>
  directory === '' || path === directory || path.startsWith(`${directory}/`);
