import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandLimit, requirements } from '../support/cli.ts';
import { plainEnvironment } from '../support/environment.ts';
import { buildVersion } from '../support/other-version.ts';
import { type Workbench, workbench } from '../support/project-dir.ts';

const unmet = requirements({ containers: true, built: true });

describe.skipIf(unmet !== undefined)(`two versions, one state${unmet ? ` (skipped: ${unmet})` : ''}`, () => {
  let bench: Workbench;
  const directories: string[] = [];
  let older: (...args: string[]) => SpawnSyncReturns<string>;
  let newer: typeof older;
  const program = async (version: string): Promise<typeof older> => {
    const { directory, cli } = await buildVersion(version);
    directories.push(directory);
    return (...args) =>
      spawnSync(process.execPath, [cli, ...args], {
        env: { ...plainEnvironment(), ...bench.env },
        cwd: bench.dir,
        encoding: 'utf8',
        timeout: commandLimit,
      });
  };
  beforeAll(async () => {
    bench = workbench();
    older = await program('7.0.1');
    newer = await program('7.0.2');
  });
  afterAll(() => {
    older('container', 'rm', '-f', 'kept', 'more');
    older('engine', 'stop', '--force');
    bench.close();
    for (const directory of directories) rmSync(directory, { recursive: true, force: true });
  });
  const pidOf = (run: typeof older, name: string): string =>
    run('container', 'inspect', '--format', '{{.State.Status}} {{.State.Pid}}', name).stdout.trim();

  it('each version’s command is answered by its own engine, and containers go on', () => {
    expect(older('container', 'run', '-d', '--name', 'kept', 'tcompose/host', 'sleep', '300').status).toBe(0);
    const pid = pidOf(older, 'kept');
    expect(pid).toMatch(/^running \d+$/);
    expect(older('engine', 'status').stdout).toContain('7.0.1');

    expect(pidOf(newer, 'kept')).toBe(pid);
    expect(newer('engine', 'status').stdout).toContain('7.0.2');
    expect(newer('container', 'exec', 'kept', 'echo', 'reached').stdout).toBe('reached\n');
    expect(newer('container', 'run', '-d', '--name', 'more', 'tcompose/host', 'sleep', '300').status).toBe(0);

    // Back again: an older version may take over what a newer one left, while both know the format of the state.
    const more = pidOf(newer, 'more');
    expect(pidOf(older, 'kept')).toBe(pid);
    expect(pidOf(older, 'more')).toBe(more);
    expect(older('container', 'stop', '-t', '0', 'more').status).toBe(0);
  });

  it('commands of both at the same moment all come to their end', async () => {
    const codes = await Promise.all(
      [0, 1, 2].flatMap(() =>
        directories.map((directory) => {
          const child = spawn(
            process.execPath,
            [join(directory, 'dist', 'tcompose.cjs'), 'container', 'ls', '-q'],
            {
              env: { ...plainEnvironment(), ...bench.env },
              stdio: ['ignore', 'pipe', 'pipe'],
            },
          );
          let text = '';
          for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (text += part));
          return new Promise<string>((done) => child.once('close', (code) => done(`${code} ${text}`)));
        }),
      ),
    );
    // One short id and its end of line.
    expect(codes).toEqual(codes.map(() => expect.stringMatching(/^0 [0-9a-f]{12}\n$/)));
  });

  it('state of a newer format is refused with one error, and a running container is left alone', () => {
    const pid = pidOf(older, 'kept');
    older('engine', 'stop', '--force');
    const format = join(bench.env.TCOMPOSE_ROOT!, 'lib', 'format');
    writeFileSync(format, '2\n');
    const refused = older('container', 'ls');
    expect(refused.status).toBe(1);
    expect(refused.stderr.match(/^error:/gm)).toHaveLength(1);
    expect(refused.stderr).toContain('was written by a newer tcompose (state format 2; this one knows 1)');
    expect(refused.stderr).not.toContain('    at ');
    writeFileSync(format, '1\n');
    expect(pidOf(older, 'kept')).toBe(pid);
  });
});
