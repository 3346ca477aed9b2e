import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';

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

/** Lines that are written at a time. */
const batch = 2000;

export async function writeStatCache(
  file: string,
  entries: Iterable<readonly [string, string]>,
): Promise<void> {
  // In pieces: as one text they take as much memory as what they are made of. They are what they are now, whatever comes meanwhile.
  const known = [...entries];
  const hash = createHash('sha256');
  for (const piece of pieces(known)) hash.update(piece, 'latin1');
  const to = await open(`${file}.new`, 'w', 0o600);
  try {
    await to.writeFile(`${version} ${hash.digest('hex')}\n`, 'latin1');
    for (const piece of pieces(known)) await to.writeFile(piece, 'latin1');
  } finally {
    await to.close();
  }
  await rename(`${file}.new`, file);
}

function* pieces(known: readonly (readonly [string, string])[]): Generator<string> {
  for (let at = 0; at < known.length; at += batch) {
    const lines = known.slice(at, at + batch).map(([key, value]) => `${key} ${value}`);
    yield (at === 0 ? '' : '\n') + lines.join('\n');
  }
}

/** Detects a file that was not completely on the disk when the machine went down. */
const headOf = (body: string): string =>
  `${version} ${createHash('sha256').update(body, 'latin1').digest('hex')}`;
