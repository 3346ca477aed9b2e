import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { putAside } from './damage.ts';
import { examineJson, isString, writeUnlessFull } from './json-file.ts';
import type { Layout } from './layout.ts';

/** Whether the machine was rebooted since the last engine; records this boot. */
export function isNewBoot(layout: Layout, bootId: string): boolean {
  const path = join(layout.lib, 'boot');
  const reading = examineJson<string>(path, (value) => (isString(value) ? undefined : 'it is no text'));
  if (reading.kind === 'damaged') putAside(path);
  const before = reading.kind === 'whole' ? reading.value : undefined;
  // On a full disk the next engine will treat this boot as new, too.
  if (before !== bootId) writeUnlessFull(path, bootId);
  return before !== undefined && before !== bootId;
}

/** Makes the next engine treat its start as one after a boot. */
export function markAsDown(layout: Layout): void {
  writeUnlessFull(join(layout.lib, 'boot'), 'down');
}

/** Identifies this boot of the kernel. */
export function readBootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}
