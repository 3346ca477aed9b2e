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
  if (before !== bootId) writeJson(path, bootId);
  return before !== undefined && before !== bootId;
}
