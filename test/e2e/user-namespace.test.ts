import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commandLimit, requirements } from '../support/cli.ts';
import { plainEnvironment } from '../support/environment.ts';

const possible = spawnSync('unshare', ['-Urnm', 'true']).status === 0;
const unmet =
  requirements({ built: true, commands: ['unshare'] }) ??
  (possible ? undefined : 'needs unprivileged user namespaces');

describe.skipIf(unmet !== undefined)(`inside a user namespace${unmet ? ` (skipped: ${unmet})` : ''}`, () => {
  it('runs one container as the namespace’s root, without the machine’s', () => {
    const scratch = mkdtempSync(join(tmpdir(), 'tcompose-test-'));
    const cli = `"${process.execPath}" "${resolve('dist/tcompose.cjs')}"`;
    const script = `${cli} container run --rm --network none tcompose/host sh -c 'echo pid $$; id -u; exit 7'; code=$?; ${cli} engine stop --force >&2; exit $code`;
    const result = spawnSync('unshare', ['-Urnm', 'sh', '-c', script], {
      env: { ...plainEnvironment(), TCOMPOSE_ROOT: join(scratch, 'root') },
      encoding: 'utf8',
      timeout: commandLimit,
    });
    rmSync(scratch, { recursive: true, force: true });
    expect(result.stdout, result.stderr).toBe('pid 1\n0\n');
    expect(result.status).toBe(7);
  });
});
