import { replaced } from '../dockerfile/decode.ts';
import { cleanPath } from '../go-path.ts';

/** A pattern of an ignore file and its line number, from 1. */
export interface IgnoreLine {
  readonly pattern: string;
  readonly line: number;
}

/**
 * Patterns of a .dockerignore file, normalised and without a leading slash. Lines with `#` in their first column are
 * comments; a byte order mark is dropped.
 */
export function readIgnoreFile(text: string): readonly IgnoreLine[] {
  const lines = replaced(text.startsWith('\ufeff') ? text.slice(1) : text).split('\n');
  return lines.flatMap((raw, at) => {
    if (raw.startsWith('#')) return [];
    const trimmed = raw.trim();
    if (trimmed === '') return [];
    const negated = trimmed.startsWith('!');
    const bare = negated ? trimmed.slice(1).trim() : trimmed;
    const clean = bare === '' ? '' : cleanPath(bare);
    const relative = clean.length > 1 && clean.startsWith('/') ? clean.slice(1) : clean;
    return [{ pattern: `${negated ? '!' : ''}${relative}`, line: at + 1 }];
  });
}
