import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeJson } from './json-file.ts';
import type { Layout } from './layout.ts';

/** Whether the machine was started anew since the last engine; records this boot. */
export function isNewBoot(layout: Layout, bootId: string): boolean {
  const path = join(layout.lib, 'boot');
  let before: string | undefined;
  try {
    before = JSON.parse(readFileSync(path, 'utf8')) as string;
  } catch {
    before = undefined;
  }
  try {
    if (before !== bootId) writeJson(path, bootId);
  } catch (error) {
    // On a full disk the engine must be there, so that something can be removed; the next one will take this boot for new too.
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
  return before !== undefined && before !== bootId;
}
