import { createHash } from 'node:crypto';

/**
 * A text, one byte a character, after a line by which its reader can tell whether the text is complete: a file's
 * content reaches the disk only some time after it was written. Pure.
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
