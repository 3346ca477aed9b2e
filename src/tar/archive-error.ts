import { TcomposeError } from '../errors.ts';

/** The error for an unusable archive; `why` completes "the archive cannot be used: …". */
export function archiveError(why: string, cause?: unknown): TcomposeError {
  return new TcomposeError('IMAGE_ARCHIVE', `the archive cannot be used: ${why}`, {
    hint: 'Make it again as an uncompressed or gzip-compressed tar, and check that it was copied whole.',
    ...(cause === undefined ? {} : { cause }),
  });
}

/** A file name from an archive as text for a message: control characters are visible, and it is no longer than a line. */
export function shownName(name: string): string {
  const text = Buffer.from(name, 'latin1').toString('utf8');
  return JSON.stringify(text.length > 120 ? `${text.slice(0, 120)}…` : text);
}
