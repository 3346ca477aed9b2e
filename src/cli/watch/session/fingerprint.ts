import { createHash } from 'node:crypto';
import { lstatSync, readFileSync, readlinkSync } from 'node:fs';

/** Size in bytes up to which a file's content counts; for a larger file its size and time count. */
const largest = 1024 * 1024;

/** What is at a path (bytes in latin1), as a short text: equal for equal content. Undefined if it can't be compared. */
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
