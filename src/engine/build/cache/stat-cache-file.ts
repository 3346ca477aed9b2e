import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';

/** To be raised when the file's format changes. */
const version = '1';

/** What a StatCache had stored; nothing when the file is damaged, of another version, or missing. */
export function readStatCache(file: string): readonly (readonly [string, string])[] {
  let text: string;
  try {
    text = readFileSync(file, 'latin1');
  } catch {
    return [];
  }
  const end = text.indexOf('\n');
  const body = text.slice(end + 1);
  if (text.slice(0, end) !== headOf(body)) return [];
  return body.split('\n').flatMap((line): (readonly [string, string])[] => {
    const at = line.indexOf(' ');
    return at < 0 ? [] : [[line.slice(0, at), line.slice(at + 1)]];
  });
}

export async function writeStatCache(
  file: string,
  entries: Iterable<readonly [string, string]>,
): Promise<void> {
  const body = Array.from(entries, ([key, value]) => `${key} ${value}`).join('\n');
  await writeFile(`${file}.new`, `${headOf(body)}\n${body}`, { mode: 0o600, encoding: 'latin1' });
  await rename(`${file}.new`, file);
}

/** Detects a file that was not completely on the disk when the machine went down. */
const headOf = (body: string): string =>
  `${version} ${createHash('sha256').update(body, 'latin1').digest('hex')}`;
