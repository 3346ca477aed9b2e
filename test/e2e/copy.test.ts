import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requirements } from '../support/cli.ts';
import { type Workbench, workbench } from '../support/project-dir.ts';

const unmet = requirements({ containers: true, built: true });

describe.skipIf(unmet !== undefined)(`files of services${unmet ? ` (skipped: ${unmet})` : ''}`, () => {
  let bench: Workbench;
  const ok = (...args: string[]) => {
    const done = bench.run(...args);
    expect(`${args.join(' ')}: ${done.status}\n${done.stderr}`).toContain(`${args.join(' ')}: 0\n`);
    return done.stdout;
  };
  const fails = (...args: string[]) => {
    const done = bench.run(...args);
    expect(done.status).not.toBe(0);
    return done.stderr;
  };
  const inside = (path: string) =>
    ok('exec', '-T', 's', 'sh', '-c', `cd ${path} && find . | sort`).trim().split('\n');
  const host = (path: string) => join(bench.dir, path);

  beforeAll(() => {
    bench = workbench();
    bench.write(
      'compose.yaml',
      `
name: copying
services:
  s: {image: tcompose/host, init: true, command: sleep 1000}
  hardened:
    image: tcompose/host
    read_only: true
    command: cat /etc/app.conf /run/secrets/key
    configs: [{source: app, target: /etc/app.conf}]
    secrets: [key]
configs: {app: {content: "hello\\n"}}
secrets: {key: {environment: KEY}}
`,
    );
    mkdirSync(host('src/sub'), { recursive: true });
    writeFileSync(host('src/a'), 'a');
    writeFileSync(host('src/sub/b'), 'b');
    symlinkSync('a', host('src/link'));
    ok('up', '-d', 's');
  });
  afterAll(() => bench.close('copying'));

  it('are copied into a directory as it is there, or made by the copy', () => {
    const tree = ['.', './a', './link', './sub', './sub/b'];
    ok('cp', 'src/.', 's:/tmp/content');
    ok('cp', 'src', 's:/tmp/whole');
    ok('cp', 'src/.', 's:/tmp/slash/');
    for (const path of ['/tmp/content', '/tmp/whole', '/tmp/slash']) expect(inside(path)).toEqual(tree);
    ok('exec', '-T', 's', 'sh', '-c', 'mkdir /tmp/there /tmp/real && ln -s real /tmp/linked');
    ok('cp', 'src', 's:/tmp/there');
    ok('cp', 'src/.', 's:/tmp/linked');
    expect(inside('/tmp/there')).toEqual(['.', ...tree.map((path) => path.replace('.', './src'))]);
    expect(inside('/tmp/real')).toEqual(tree);
    ok('cp', 'src/a', 's:/tmp/there/renamed');
    expect(ok('exec', '-T', 's', 'cat', '/tmp/there/renamed')).toBe('a');
    expect(fails('cp', 'src', 's:/tmp/there/renamed')).toContain(
      'is a directory and /tmp/there/renamed is a file',
    );
    expect(fails('cp', 'src/a', 's:/nosuch/')).toContain('does not exist in the container');
  });

  it('come out with links, second names and modes, but not as programs of their owner', () => {
    ok(
      'exec',
      '-T',
      's',
      'sh',
      '-c',
      'cd /tmp && mkdir out && cd out && echo x > f && chmod 4755 f && ln f g && ln -s /etc/passwd l && mkfifo p',
    );
    const done = bench.run('cp', 's:/tmp/out', 'taken');
    expect([done.status, done.stderr]).toEqual([0, expect.stringContaining('left out: out/p')]);
    const stat = (name: string) => lstatSync(host(`taken/${name}`));
    expect([readFileSync(host('taken/f'), 'utf8'), stat('f').mode & 0o7777]).toEqual(['x\n', 0o755]);
    expect([stat('g').ino, readlinkSync(host('taken/l')), existsSync(host('taken/p'))]).toEqual([
      stat('f').ino,
      '/etc/passwd',
      false,
    ]);
    ok('cp', 's:/tmp/out/.', 'content');
    expect(existsSync(host('content/f'))).toBe(true);
    const program = bench.run('cp', '-a', 's:/tmp/out/f', 'program');
    const root = process.getuid?.() === 0;
    expect([program.status, program.stderr]).toEqual([
      0,
      root ? '' : expect.stringContaining('1 of the copied files belong to you now'),
    ]);
    expect(lstatSync(host('program')).mode & 0o7777).toBe(root ? 0o4755 : 0o755);
  });

  it('come out neither in the place of a file nor below a directory that is not there', () => {
    writeFileSync(host('kept'), 'kept');
    expect(fails('cp', 's:/tmp/out', 'kept')).toContain('/tmp/out is a directory and kept is a file');
    expect(readFileSync(host('kept'), 'utf8')).toBe('kept');
    for (const [from, to] of [
      ['s:/tmp/out/f', 'no/such/file'],
      ['s:/tmp/out', 'no/such'],
      ['s:/tmp/out/.', 'no/such'],
      ['s:/tmp/out/f', 'no/'],
    ] as const)
      expect(fails('cp', from, to)).toMatch(
        /invalid output path: directory ".*\/no(\/such)?" does not exist/,
      );
    expect(existsSync(host('no'))).toBe(false);
    expect(fails('cp', 's:/nosuch', 'no')).toContain('Could not find the file /nosuch in container');
    ok('cp', 's:/tmp/out/f', 'kept');
    expect(readFileSync(host('kept'), 'utf8')).toBe('x\n');
  });

  it('come into a read-only container before its first start', () => {
    bench.env.KEY = 'of the environment';
    const done = bench.run('up', 'hardened');
    expect(done.stdout).toContain('hello');
    expect(done.stdout).toContain('of the environment');
    expect(fails('cp', 'src/a', 'hardened:/etc/app.conf')).toContain('read-only');
  });
});
