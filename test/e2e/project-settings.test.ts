import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requirements } from '../support/cli.ts';
import { plainEnvironment } from '../support/environment.ts';
import { type Workbench, workbench } from '../support/project-dir.ts';

const unmet = requirements({ containers: true, built: true });

describe.skipIf(unmet !== undefined)(`settings of a project${unmet ? ` (skipped: ${unmet})` : ''}`, () => {
  let bench: Workbench;
  const run = (...args: string[]) => bench.run(...args);
  const ok = (...args: string[]) => {
    const done = run(...args);
    expect(`${args.join(' ')}: ${done.status}\n${done.stderr}`).toContain(`${args.join(' ')}: 0\n`);
    return done.stdout;
  };

  /** `config` by a shell that went to the directory. */
  const configIn = (directory: string) =>
    execFileSync(
      'sh',
      [
        '-c',
        'cd "$1" && exec "$2" "$3" config',
        'sh',
        directory,
        process.execPath,
        resolve('dist/tcompose.cjs'),
      ],
      {
        env: { ...plainEnvironment(), ...bench.env },
        encoding: 'utf8',
      },
    );

  beforeAll(() => {
    bench = workbench();
  });
  afterAll(() => bench.close('settings', 'stored'));

  it('in .env count for the command line: orphans of COMPOSE_REMOVE_ORPHANS go with down', () => {
    const box = '{image: tcompose/host, init: true, command: sleep 1000}';
    bench.write('compose.yaml', `name: settings\nservices: {a: ${box}, b: ${box}}\n`);
    ok('up', '-d');
    bench.write('compose.yaml', `name: settings\nservices: {a: ${box}}\n`);
    bench.write('.env', 'COMPOSE_REMOVE_ORPHANS=true\nCOMPOSE_ANSI=never\n');
    ok('down', '-t', '0');
    expect(ok('ps', '-aq')).toBe('');
    rmSync(join(bench.dir, '.env'));
  });

  it('that name an env_file which is gone hinder only what makes containers', () => {
    const text =
      'name: settings\nservices: {a: {image: tcompose/host, init: true, command: sleep 1000, env_file: a.env}}\n';
    bench.write('a.env', 'A=1\n');
    bench.write('compose.yaml', text);
    ok('up', '-d');
    rmSync(join(bench.dir, 'a.env'));
    for (const args of [['ps'], ['logs'], ['top'], ['port', 'a', '80'], ['images'], ['pause'], ['unpause']])
      expect(`${args.join(' ')} ${run(...args).stderr}`).not.toContain('env file');
    ok('exec', 'a', 'true');
    ok('kill');
    ok('rm', '-f');
    const up = run('up', '-d');
    expect(up.status).toBe(1);
    expect(up.stderr).toMatch(/env file .*a\.env not found\n {2}--> .*compose\.yaml:2:/);
    ok('down', '-t', '0');
  });

  it('that are blank in a name are refused before anything is made, and taken down all the same', () => {
    bench.write(
      'compose.yaml',
      'name: settings\nservices: {a: {image: tcompose/host, volumes: ["vol:/v"]}}\nvolumes: {vol: {name: "${NAME}"}}\n',
    );
    const up = run('up', '-d');
    expect(up.status).toBe(1);
    expect(up.stderr).toMatch(/error: volumes\.vol\.name is blank\n {2}--> .*compose\.yaml:3:17/);
    expect(ok('network', 'ls', '--format', '{{.Name}}')).not.toContain('settings');
    ok('down', '-v');
  });

  it('name resources alone, which --all-resources makes', () => {
    bench.write('compose.yaml', 'name: stored\nvolumes: {v: {}}\nnetworks: {n: {}}\n');
    const plain = run('up', '-d');
    expect([plain.status, plain.stderr]).toEqual([1, expect.stringContaining('no service selected')]);
    ok('--all-resources', 'up', '-d');
    expect(ok('volume', 'ls', '-q')).toBe('stored_v\n');
    ok('--all-resources', 'down', '-v');
    expect(ok('volume', 'ls', '-q')).toBe('');
  });

  it('are named after the link that the shell went through, whatever it leads to', () => {
    for (const release of ['release-1', 'release-2']) {
      mkdirSync(join(bench.dir, release));
      bench.write(`${release}/compose.yaml`, 'services: {a: {image: tcompose/host, volumes: ["./d:/d"]}}\n');
    }
    const link = join(bench.dir, 'current');
    for (const release of ['release-1', 'release-2']) {
      symlinkSync(release, link);
      const printed = configIn(link);
      expect(printed).toContain('name: current\n');
      expect(printed).toContain(`source: ${link}/d\n`);
      rmSync(link);
    }
  });
});
