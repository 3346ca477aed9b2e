import { chmodSync, mkdirSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';

/** What is done to a file tree: the kind, the name it is about, and content or another name. */
export type Edit = readonly [
  kind: 'write' | 'remove' | 'move' | 'directory' | 'link' | 'mode',
  string,
  string,
];

const names = fc.constantFrom('a', 'b', 'c', 'd/a', 'd/b', 'd/e/a', 'd/e/b');

/** Edits of a small tree, in which files become directories and back, and directories move. */
export const edits = fc.array(
  fc.oneof(
    fc.tuple(fc.constant('write' as const), names, fc.string({ maxLength: 5 })),
    fc.tuple(fc.constant('remove' as const), names, fc.constant('')),
    fc.tuple(fc.constant('move' as const), names, names),
    fc.tuple(fc.constant('directory' as const), names, fc.constant('')),
    fc.tuple(fc.constant('link' as const), names, names),
    fc.tuple(fc.constant('mode' as const), names, fc.constant('')),
  ),
  { maxLength: 25 },
);

/** Carries an edit out below `top`; one that can't be done is none. */
export function applyEdit(top: string, [kind, name, more]: Edit): void {
  const path = join(top, name);
  try {
    mkdirSync(dirname(path), { recursive: true });
    if (kind === 'write') writeFileSync(path, more);
    else if (kind === 'remove') rmSync(path, { recursive: true, force: true });
    else if (kind === 'move') renameSync(path, join(top, more));
    else if (kind === 'directory') mkdirSync(path, { recursive: true });
    else if (kind === 'link') symlinkSync(more, path);
    else chmodSync(path, statSync(path).isDirectory() ? 0o750 : 0o640);
  } catch {
    // It can't be done.
  }
}
