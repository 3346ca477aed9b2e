import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The machine's id, else one made for this data root and kept there. */
export function readMachineId(root: string): string {
  for (const path of ['/etc/machine-id', join(root, 'machine-id')]) {
    try {
      const id = readFileSync(path, 'utf8').trim();
      if (id !== '' && id !== 'uninitialized') return id;
    } catch {
      // Try the next file, or make a new id.
    }
  }
  const id = randomBytes(16).toString('hex');
  writeFileSync(join(root, 'machine-id'), `${id}\n`, { mode: 0o600 });
  return id;
}
