/** What stands at a path now; `gone` after a file or a link, `gone-directory` after a directory. */
export type ChangeKind = 'file' | 'directory' | 'link' | 'other' | 'gone' | 'gone-directory';

/** A path at which something changed. It says "look here", and what stood there when it was sent. */
export interface Change {
  /** Absolute, bytes in latin1: names need not be UTF-8. */
  readonly path: string;
  readonly kind: ChangeKind;
  /** The writer is done with it; without, more is likely to come: the second half of a rename, the end of a write. */
  readonly settled: boolean;
}

/** A path of this folder from text. */
export const bytesOfText = (text: string): string => Buffer.from(text).toString('latin1');

/** A path of this folder as text, for people and for patterns. */
export const textOfBytes = (path: string): string => Buffer.from(path, 'latin1').toString();

/** Whether `path` is `directory` or lies below it. */
export const isAtOrBelow = (path: string, directory: string): boolean =>
  path === directory || path.startsWith(directory.endsWith('/') ? directory : `${directory}/`);

/** What of `path` lies behind `directory`; '' for the directory itself. */
export const relativeTo = (path: string, directory: string): string =>
  path === directory ? '' : path.slice(directory.endsWith('/') ? directory.length : directory.length + 1);
