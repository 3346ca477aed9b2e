import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';

/** Gives every test of the file or group this is called in a directory of its own, which is gone after the test. */
export function eachInDirectory(begin: (directory: string) => void): void {
  let directory = '';
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'tcompose-test-'));
    begin(directory);
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));
}
