import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requirements } from '../support/cli.ts';
import { plainEnvironment } from '../support/environment.ts';
import { type Workbench, workbench } from '../support/project-dir.ts';

const unmet = requirements({ containers: true, built: true });

describe.skipIf(unmet !== undefined)(`what is printed${unmet ? ` (skipped: ${unmet})` : ''}`, () => {
  let bench: Workbench;
  /** Runs shell text in which `tcompose` is the built CLI. */
  const shell = (text: string) =>
    spawnSync(
      'sh',
      ['-c', `tcompose() { "${process.execPath}" "${resolve('dist/tcompose.cjs')}" "$@"; }; ${text}`],
      {
        cwd: bench.dir,
        env: { ...plainEnvironment(), ...bench.env },
        encoding: 'utf8',
      },
    );

  beforeAll(async () => {
    bench = workbench();
    bench.write('compose.yaml', 'name: void\nservices: {web: {image: tcompose/host, command: seq 100000}}\n');
    expect(await bench.begin('up').exit).toBe(0);
  });
  afterAll(() => bench.close('void'));

  it('shows every line of a burst, though many have one time', async () => {
    const up = bench.begin('up');
    expect(await up.exit).toBe(0);
    expect(
      up
        .output()
        .split('\n')
        .filter((line) => line.startsWith('web-1  | ')),
    ).toHaveLength(100_000);
    expect(bench.run('logs', '-f', '--no-log-prefix', '--tail', '100000').stdout).toBe(
      Array.from({ length: 100_000 }, (_, at) => `${at + 1}\n`).join(''),
    );
  });

  it('a full disk is told and is a failure, however little was written', () => {
    for (const command of ['ps -a', 'logs', 'config', '--help']) {
      const done = shell(`tcompose ${command} > /dev/full`);
      expect(done.stderr).toMatch(/^error: the output cannot be written: ENOSPC/);
      expect(done.status).toBe(1);
    }
    expect(shell('tcompose nosuch 2> /dev/full').status).toBe(1);
  });

  it('a reader that goes away ends the command without a word', () => {
    const done = shell('{ tcompose logs; echo $? > code; } | head -n 1');
    expect(done.stdout).toBe('web-1  | 1\n');
    expect(done.stderr).toBe('');
    expect(shell('cat code').stdout).toBe('141\n');
  });

  it('a directory that was removed is told', () => {
    const done = shell('mkdir gone; cd gone; rmdir ../gone; tcompose ps');
    expect(done.stderr).toContain('error: the current directory does not exist any more\n');
    expect(done.status).toBe(1);
  });
});
