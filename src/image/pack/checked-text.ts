import { createHash } from 'node:crypto';

/**
 * A text, one character a byte, behind a line by which its reader can tell whether all of it is there: what was written is not on the disk
 * at once. Pure.
 * @param version changes when the form of the text does
 */
export const withCheck = (version: string, text: string): string => `${headOf(version, text)}\n${text}`;

/** The text; undefined when it is damaged or of another version. Pure. */
export function checkedText(version: string, written: string): string | undefined {
  const end = written.indexOf('\n');
  const text = written.slice(end + 1);
  return written.slice(0, end) === headOf(version, text) ? text : undefined;
}

const headOf = (version: string, text: string): string =>
  `${version} ${createHash('sha256').update(text, 'latin1').digest('hex')}`;
