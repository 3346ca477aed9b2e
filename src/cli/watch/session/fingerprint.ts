import { createHash } from 'node:crypto';
import { lstatSync, readFileSync, readlinkSync } from 'node:fs';

/** Bytes up to which a file's content counts; of a larger one its size and time do. */
const largest = 1024 * 1024;

/** What stands at a path (bytes in latin1), as short text: equal for what is equal. Undefined for what can't be compared. */
export function fingerprintOf(path: string): string | undefined {
  const at = Buffer.from(path, 'latin1');
  try {
    const stat = lstatSync(at, { bigint: true });
    const mode = (Number(stat.mode) & 0o7777).toString(8);
    if (stat.isDirectory()) return `directory ${mode}`;
    if (stat.isSymbolicLink()) return `link ${readlinkSync(at, 'latin1')}`;
    if (!stat.isFile()) return undefined;
    if (stat.size > largest) return `large ${mode} ${stat.size} ${stat.mtimeNs}`;
    return `file ${mode} ${createHash('sha256').update(readFileSync(at)).digest('hex')}`;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'gone' : undefined;
  }
}
