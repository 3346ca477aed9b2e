import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requirements } from '../support/cli.ts';
import { until } from '../support/engine.ts';
import { type Workbench, workbench } from '../support/project-dir.ts';
import { holds, Watching } from '../support/watching.ts';

const unmet = requirements({ containers: true, built: true });

const compose = `
name: ways
services:
  web:
    image: tcompose/host
    command: sh -c 'echo generated > /app/at-start; exec sleep 1000'
    scale: 2
    stop_grace_period: 0s
    network_mode: none
    develop:
      watch:
        - {action: sync+restart, path: ./src, target: /app, initial_sync: true, ignore: [cache], x-direction: both}
`;

describe.skipIf(unmet !== undefined)(`rules that go both ways${unmet ? ` (skipped: ${unmet})` : ''}`, () => {
  let bench: Workbench;
  let watching: Watching;
  const at = (name: string) => join(bench.dir, 'src', name);
  const one = (path: string) => watching.inside('ways-web-1', join('/app', path));
  const two = (path: string) => watching.inside('ways-web-2', join('/app', path));
  beforeAll(async () => {
    bench = workbench();
    bench.write('compose.yaml', compose);
    bench.write('src/lock', '1');
    bench.write('src/gone', '1');
    watching = await Watching.begin(bench, 'compose.yaml', 'watch');
  });
  afterAll(async () => {
    const code = await watching?.end();
    bench?.close('ways');
    expect(code).toBe(130);
  });
  const rests = async () => {
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await watching.rests();
  };

  it('bring what a container writes here and to the others, and restart nothing for it', async () => {
    await holds(at('at-start'), 'generated\n');
    const pid = one('.');
    writeFileSync(one('lock'), '2');
    mkdirSync(one('made/deep'), { recursive: true });
    writeFileSync(one('made/deep/file'), 'new');
    mkdirSync(one('cache'));
    writeFileSync(one('cache/file'), 'ignored');
    await holds(at('lock'), '2');
    await holds(at('made/deep/file'), 'new');
    await holds(two('lock'), '2');
    await holds(two('made/deep/file'), 'new');
    rmSync(one('gone'));
    await until(() => !existsSync(at('gone')) && !existsSync(two('gone')), 'the removal');
    await rests();
    expect(existsSync(at('cache'))).toBe(false);
    expect(one('.')).toBe(pid);
  });

  it('keep what changed on both sides, that of the container beside it', async () => {
    // Held meanwhile: one that has carried out the first of them by the second has no conflict to see.
    const inTheirs = one('lock');
    watching.run.child.kill('SIGSTOP');
    writeFileSync(at('lock'), 'mine');
    writeFileSync(inTheirs, 'theirs');
    watching.run.child.kill('SIGCONT');
    await until(
      () => existsSync(at('lock.ways-web-1.tcompose-conflict')),
      `a file beside it in ${watching.run.output()}`,
    );
    expect(readFileSync(at('lock'), 'utf8')).toBe('mine');
    expect(readFileSync(at('lock.ways-web-1.tcompose-conflict'), 'utf8')).toBe('theirs');
    await until(() => readFileSync(one('lock'), 'utf8') === 'mine', 'what is here in the container');
    await rests();
    expect(readdirSync(one('.')).filter((name) => name.includes('conflict'))).toEqual([]);
    const status = bench.run('watch', '--status');
    expect(status.stdout).toContain('src ↔ /app');
    expect(status.stdout).toContain('lock.ways-web-1.tcompose-conflict');
    expect(status.status).toBe(1);
    rmSync(at('lock.ways-web-1.tcompose-conflict'));
    expect(bench.run('watch', '--status').stdout).not.toContain('differs');
  });

  it('are not led out of the directory by links, of here or of the container', async () => {
    mkdirSync(join(bench.dir, 'outside'));
    symlinkSync(join(bench.dir, 'outside'), at('out'));
    await until(() => existsSync(at('out')), 'the link');
    await rests();
    rmSync(one('out'), { force: true });
    mkdirSync(one('out'));
    writeFileSync(one('out/file'), 'escaped');
    symlinkSync('/etc', one('link'));
    await rests();
    expect(readdirSync(join(bench.dir, 'outside'))).toEqual([]);
    expect(existsSync(at('link'))).toBe(false);
  });
});
