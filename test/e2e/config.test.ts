import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandLimit, requirements } from '../support/cli.ts';
import { plainEnvironment } from '../support/environment.ts';

const unmet = requirements({ built: true });

describe.skipIf(unmet !== undefined)(`config${unmet ? ` (skipped: ${unmet})` : ''}`, () => {
  let directory: string;
  /** Runs the file that npm links as `tcompose`, as a shell would. */
  const tcompose = (...args: string[]) =>
    spawnSync(resolve('dist/tcompose.cjs'), args, {
      cwd: directory,
      env: plainEnvironment(),
      encoding: 'utf8',
      timeout: commandLimit,
    });

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'tcompose-config-'));
    writeFileSync(join(directory, 'compose.yaml'), 'name: one\nservices: {a: {image: "x:${TAG:-1}"}}\n');
    writeFileSync(join(directory, 'two words.env'), 'TAG=2\n');
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  it('prints what it would write with -o, and writes nothing with -q', () => {
    const printed = tcompose('config');
    expect(printed.stdout).toContain('image: x:1\n');
    expect(tcompose('config', '-q', '-o', 'out.yaml')).toMatchObject({ status: 0, stdout: '', stderr: '' });
    expect(existsSync(join(directory, 'out.yaml'))).toBe(false);
    expect(tcompose('config', '-o', 'out.yaml')).toMatchObject({ status: 0, stdout: '', stderr: '' });
    expect(readFileSync(join(directory, 'out.yaml'), 'utf8')).toBe(printed.stdout);
  });

  it('takes --env-file for itself, not for Node', () => {
    expect(tcompose('--env-file', 'two words.env', 'config', '--images').stdout).toBe('x:2\n');
    const missing = tcompose('--env-file', 'none.env', 'config');
    expect(missing.status).toBe(1);
    expect(missing.stderr).toContain(`couldn't find env file: ${join(directory, 'none.env')}`);
  });
});
