import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { removeRunDirectory } from '../../../../src/engine/store/remove-run-directory.ts';

it('a run directory goes although a process that ends makes files in it meanwhile; one that is gone is none', async () => {
  const path = mkdtempSync(join(tmpdir(), 'run-directory-'));
  const script =
    'echo begun; i=0; while [ $i -lt 4000 ]; do i=$((i+1)); : > "$0/file$i" || exit 0; done 2>/dev/null';
  const maker = spawn('sh', ['-c', script, path], { stdio: ['ignore', 'pipe', 'ignore'] });
  await once(maker.stdout, 'data');
  const ended = once(maker, 'exit');
  await removeRunDirectory(path);
  await ended;
  expect(existsSync(path)).toBe(false);
  await removeRunDirectory(path);
});
