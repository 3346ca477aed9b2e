import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { leftovers } from '../../scripts/leak-check.mjs';

it('an engine that is left behind is listed, whatever options node has', async () => {
  const scratch = mkdtempSync(join(tmpdir(), 'leak-check-'));
  const program = join(scratch, 'engine.cjs');
  writeFileSync(program, 'console.log("up"); setInterval(() => {}, 1000);');
  const engine = spawn(process.execPath, ['--no-warnings', '--v8-pool-size=1', program]);
  try {
    await once(engine.stdout, 'data');
    expect(leftovers(scratch)).toContainEqual(expect.stringMatching(`^process ${engine.pid} `));
  } finally {
    engine.kill('SIGKILL');
    rmSync(scratch, { recursive: true });
  }
});
