import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hexOf } from '../digest.ts';
import type { ImageRecord } from '../types.ts';

const suffix = '.json';

/**
 * Every tcompose/host this data root has had: containers made under an earlier release keep their image. Writes
 * `<directory>/<id hex>.json` for the present one; earlier ones are returned without their name.
 */
export function keepHostRecords(directory: string, present: ImageRecord): ReadonlyMap<string, ImageRecord> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const records = new Map<string, ImageRecord>();
  for (const name of readdirSync(directory)) {
    if (!/^[0-9a-f]{64}\.json$/.test(name)) continue;
    const id = `sha256:${name.slice(0, -suffix.length)}`;
    try {
      const { record } = JSON.parse(readFileSync(join(directory, name), 'utf8')) as { record: ImageRecord };
      if (record.id === id)
        records.set(id, { ...record, tags: [], repoDigests: [], digestTags: {}, dangling: false });
    } catch {
      // Damaged. This release's record is rewritten; for containers of another release the file has to be restored.
      rmSync(join(directory, `${name}.damaged`), { recursive: true, force: true });
      renameSync(join(directory, name), join(directory, `${name}.damaged`));
    }
  }
  if (!records.has(present.id)) {
    const path = join(directory, hexOf(present.id) + suffix);
    writeFileSync(`${path}.tmp`, `${JSON.stringify({ version: 1, record: present })}\n`, { mode: 0o600 });
    renameSync(`${path}.tmp`, path);
  }
  return records.set(present.id, present);
}
