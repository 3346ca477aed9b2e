/** What is at a path now; `gone` after a file or a link, `gone-directory` after a directory. */
export type ChangeKind = 'file' | 'directory' | 'link' | 'other' | 'gone' | 'gone-directory';

/** A path at which something changed. It says "look here", and what was there when it was sent. */
export interface Change {
  /** Absolute, bytes in latin1: names need not be UTF-8. */
  readonly path: string;
  readonly kind: ChangeKind;
  /** Its writer is done with it; otherwise more is likely to follow: the second half of a rename, the end of a write. */
  readonly settled: boolean;
}

/** Converts text to a path of this folder. */
export const bytesOfText = (text: string): string => Buffer.from(text).toString('latin1');

/** Converts a path of this folder to text, for display and for patterns. */
export const textOfBytes = (path: string): string => Buffer.from(path, 'latin1').toString();

/** Whether `path` is `directory` or below it. */
export const isAtOrBelow = (path: string, directory: string): boolean =>
  path === directory || path.startsWith(directory.endsWith('/') ? directory : `${directory}/`);

/** The part of `path` after `directory`; '' for the directory itself. */
export const relativeTo = (path: string, directory: string): string =>
  path === directory ? '' : path.slice(directory.endsWith('/') ? directory.length : directory.length + 1);
