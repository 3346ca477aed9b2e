import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a directory on the host with its missing parents. Node's own function loops for ever where nothing can be
 * created.
 * @throws the system's error
 */
export function makeDirectories(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  const parent = dirname(path);
  if (parent !== path) makeDirectories(parent);
  try {
    mkdirSync(path);
  } catch (error) {
    const made = statSync(path, { throwIfNoEntry: false })?.isDirectory();
    if (made !== true) throw error;
  }
}
