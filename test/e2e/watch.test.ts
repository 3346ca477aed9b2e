import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { requirements } from '../support/cli.ts';
import { applyEdit, edits } from '../support/edits.ts';
import { ask, until } from '../support/engine.ts';
import { type Workbench, workbench } from '../support/project-dir.ts';
import { holds, sameTrees, treeOf, Watching } from '../support/watching.ts';

const unmet = requirements({ containers: true, built: true, commands: ['git'] });

const compose = `
name: dev
services:
  web:
    image: tcompose/host
    init: true
    command: sh -c 'mkdir -p /keep/in; echo begun; exec sleep 1000'
    stop_grace_period: 0s
    network_mode: none
    develop:
      watch:
        - {action: sync, path: ./src, target: /app, initial_sync: true, ignore: [tmp, "*.log"]}
        - {action: sync+restart, path: ./web.conf, target: /etc/web.conf}
        - {action: sync+exec, path: ./data, target: /data, exec: {command: [sh, -c, "echo reloaded; cat /data/* > /loaded"]}}
        - {action: restart, path: ./restart.txt}
        - {action: sync, path: ./one.txt, target: /into/}
        - {action: sync, path: ./two.txt, target: /keep}
  pair:
    image: tcompose/host
    init: true
    command: sleep 1000
    scale: 2
    user: "1000:1001"
    stop_grace_period: 0s
    network_mode: none
    develop:
      watch: [{action: sync, path: ./pair, target: /srv/pair}]
`;

/** What an id of a container is on the machine: of a user's the n-th of his range, the same for both kinds in these tests. */
const idOnMachine = (id: number): number => {
  const own = new RegExp(`^${userInfo().username}:(\\d+):`, 'm').exec(
    readFileSync('/etc/subuid', 'utf8'),
  )?.[1];
  return process.getuid?.() === 0 ? id : Number(own) + id - 1;
};

describe.skipIf(unmet !== undefined)(`watch${unmet ? ` (skipped: ${unmet})` : ''}`, () => {
  let bench: Workbench;
  let watching: Watching;
  const at = (name: string) => join(bench.dir, name);
  const web = (path: string) => watching.inside('dev-web-1', path);
  beforeAll(async () => {
    bench = workbench();
    bench.write('compose.yaml', compose);
    bench.write('src/first.txt', 'first');
    bench.write('src/tmp/ignored', '');
    bench.write('pair/first', '');
    bench.write('one.txt', '');
    watching = await Watching.begin(bench, 'compose.yaml', 'watch');
  });
  afterAll(async () => {
    const code = await watching?.end();
    bench?.close('dev');
    expect(code).toBe(130);
  });
  afterEach(async () => {
    for (const name of readdirSync(at('src'))) rmSync(at(`src/${name}`), { recursive: true });
    await sameTrees(web('/app'), at('src'), 'an empty directory');
    await watching.rests();
  });

  it('begins with what is there, but for what is ignored', () => {
    expect(treeOf(web('/app'))).toEqual({ 'first.txt': '644 first' });
  });

  it('syncs what is saved, and says so in one event', async () => {
    const before = watching.applied().length;
    writeFileSync(at('src/a.js'), 'one');
    await holds(web('/app/a.js'), 'one');
    expect(await watching.next(before)).toMatchObject({
      paths: ['src/a.js'],
      count: 1,
      services: [{ service: 'web', did: ['synced'] }],
    });
    writeFileSync(at('src/a.log'), 'not this');
    writeFileSync(at('src/a.js'), 'two');
    await holds(web('/app/a.js'), 'two');
    expect(existsSync(web('/app/a.log'))).toBe(false);
  });

  it('syncs again nothing that only looks new', async () => {
    const batches = watching.applied().length;
    writeFileSync(at('src/a.js'), 'same');
    await holds(web('/app/a.js'), 'same');
    await watching.next(batches);
    await watching.rests();
    const { ino } = statSync(web('/app/a.js'));
    const before = watching.applied().length;
    writeFileSync(at('src/a.js'), 'same');
    utimesSync(at('src/a.js'), 1, 1);
    expect((await watching.next(before)).services).toEqual([{ service: 'web', did: ['unchanged'] }]);
    expect(statSync(web('/app/a.js')).ino).toBe(ino);
  });

  it('syncs links, modes, new directories, moves and removals', async () => {
    mkdirSync(at('src/d/e'), { recursive: true });
    writeFileSync(at('src/d/e/f'), '1');
    symlinkSync('d/e/f', at('src/l'));
    await until(() => existsSync(web('/app/d/e/f')) && existsSync(web('/app/l')), 'the tree');
    chmodSync(at('src/d/e/f'), 0o750);
    await until(() => (statSync(web('/app/d/e/f')).mode & 0o777) === 0o750, 'the mode');
    renameSync(at('src/d'), at('src/moved'));
    await until(() => existsSync(web('/app/moved/e/f')) && !existsSync(web('/app/d')), 'the move');
    expect(treeOf(web('/app'))).toEqual(treeOf(at('src')));
    rmSync(at('src/moved'), { recursive: true });
    await until(() => !existsSync(web('/app/moved')), 'the removal');
  });

  it('lets a file become a directory, and back', async () => {
    for (let round = 0; round < 2; round++) {
      writeFileSync(at('src/x'), 'file');
      await holds(web('/app/x'), 'file');
      rmSync(at('src/x'));
      mkdirSync(at('src/x'));
      writeFileSync(at('src/x/in'), 'inside');
      await holds(web('/app/x/in'), 'inside');
      rmSync(at('src/x'), { recursive: true });
    }
    writeFileSync(at('src/x'), 'at once');
    await holds(web('/app/x'), 'at once');
  });

  it('lets a link to a directory become a directory, and back', async () => {
    mkdirSync(at('src/real'));
    writeFileSync(at('src/real/f'), 'in the directory');
    symlinkSync('real', at('src/x'));
    await sameTrees(web('/app'), at('src'), 'the link');
    rmSync(at('src/x'));
    mkdirSync(at('src/x'));
    writeFileSync(at('src/x/own'), 'own');
    await sameTrees(web('/app'), at('src'), 'the directory');
    rmSync(at('src/x'), { recursive: true });
    symlinkSync('real', at('src/x'));
    await sameTrees(web('/app'), at('src'), 'the link again');
  });

  it('takes away what became of a path and went in one go', async () => {
    mkdirSync(at('src/x'));
    await until(() => existsSync(web('/app/x')), 'the directory');
    await watching.rests();
    rmSync(at('src/x'), { recursive: true });
    writeFileSync(at('src/x'), '');
    rmSync(at('src/x'));
    await until(() => !existsSync(web('/app/x')), 'nothing');
  });

  it('puts a file into a directory, and never in place of one', async () => {
    writeFileSync(at('one.txt'), 'one');
    await holds(web('/into/one.txt'), 'one');
    writeFileSync(at('two.txt'), 'two');
    await watching.run.until('/keep: a directory is there');
    expect(existsSync(web('/keep/in'))).toBe(true);
  });

  it('leaves what the container has put beside synced files', async () => {
    mkdirSync(at('src/d'));
    writeFileSync(at('src/d/ours'), '1');
    await holds(web('/app/d/ours'), '1');
    writeFileSync(web('/app/d/theirs'), '2');
    rmSync(at('src/d'), { recursive: true });
    await until(() => !existsSync(web('/app/d/ours')), 'the removal');
    expect(readFileSync(web('/app/d/theirs'), 'utf8')).toBe('2');
    rmSync(web('/app/d'), { recursive: true });
  });

  it('follows a directory that is taken away and comes back', async () => {
    writeFileSync(at('src/a'), '1');
    await holds(web('/app/a'), '1');
    renameSync(at('src'), at('elsewhere'));
    await until(() => !existsSync(web('/app/a')), 'the removal');
    renameSync(at('elsewhere'), at('src'));
    await holds(web('/app/a'), '1');
    appendFileSync(at('src/a'), '2');
    await holds(web('/app/a'), '12');
  });

  const text = (name: string) => at(`src/${name}`);
  it.each<[editor: string, save: (name: string, content: string) => void]>([
    ['one that truncates and writes', (name, content) => writeFileSync(text(name), content)],
    [
      'vim',
      (name, content) => {
        writeFileSync(text('4913'), '');
        rmSync(text('4913'));
        writeFileSync(text(`.${name}.swp`), 'swap');
        renameSync(text(name), text(`${name}~`));
        writeFileSync(text(name), content);
        rmSync(text(`${name}~`));
        rmSync(text(`.${name}.swp`));
      },
    ],
    [
      'emacs',
      (name, content) => {
        symlinkSync('user@host.1:2', text(`.#${name}`));
        writeFileSync(text(`#${name}#`), content);
        renameSync(text(name), text(`${name}~`));
        writeFileSync(text(name), content);
        rmSync(text(`#${name}#`));
        rmSync(text(`.#${name}`));
        rmSync(text(`${name}~`));
      },
    ],
    [
      'one of JetBrains',
      (name, content) => {
        writeFileSync(text(`${name}___jb_tmp___`), content);
        renameSync(text(name), text(`${name}___jb_old___`));
        renameSync(text(`${name}___jb_tmp___`), text(name));
        rmSync(text(`${name}___jb_old___`));
      },
    ],
    [
      'one that writes beside and renames over',
      (name, content) => {
        writeFileSync(text(`${name}~`), content);
        renameSync(text(`${name}~`), text(name));
      },
    ],
  ])('sees a save of %s as one change of one file', async (_, save) => {
    writeFileSync(text('edited'), 'before');
    await holds(web('/app/edited'), 'before');
    await watching.rests();
    const before = watching.applied().length;
    save('edited', 'after');
    await holds(web('/app/edited'), 'after');
    const saved = await watching.next(before);
    expect([saved.paths, saved.count]).toEqual([['src/edited'], 1]);
    expect(Object.keys(treeOf(web('/app')))).toEqual(['edited']);
  });

  it('syncs, then restarts', async () => {
    const pid = web('/');
    writeFileSync(at('web.conf'), 'conf');
    const done = await watching.next(watching.applied().length);
    expect(done.services).toEqual([{ service: 'web', did: ['synced', 'restarted'] }]);
    expect(web('/')).not.toBe(pid);
    await holds(web('/etc/web.conf'), 'conf');
  });

  it('restarts without anything to sync', async () => {
    const before = [web('/'), watching.applied().length] as const;
    writeFileSync(at('restart.txt'), '');
    expect((await watching.next(before[1])).services).toEqual([{ service: 'web', did: ['restarted'] }]);
    expect(web('/')).not.toBe(before[0]);
  });

  it('runs a command once for all that changed, and shows what it prints', async () => {
    const before = watching.applied().length;
    mkdirSync(at('data'), { recursive: true });
    for (const name of ['a', 'b', 'c']) writeFileSync(at(`data/${name}`), name);
    await holds(web('/loaded'), 'abc');
    await watching.rests();
    const done = watching.applied().slice(before);
    expect(done.every(({ services }) => services[0]?.did.includes('ran'))).toBe(true);
    expect(done.length).toBeLessThanOrEqual(2);
    expect(watching.run.output()).toContain('"line":"reloaded"');
  });

  it('goes on after a command that fails, and says what to do', async () => {
    rmSync(at('data'), { recursive: true, force: true });
    await watching.run.until('ended with code 1');
    mkdirSync(at('data'));
    writeFileSync(at('data/z'), 'again');
    await holds(web('/loaded'), 'again');
  });

  it('puts files into all containers of a service, belonging to whom they run as', async () => {
    writeFileSync(at('pair/x'), 'both');
    for (const name of ['dev-pair-1', 'dev-pair-2']) {
      const path = watching.inside(name, '/srv/pair/x');
      await holds(path, 'both');
      expect([statSync(path).uid, statSync(path).gid]).toEqual([idOnMachine(1000), idOnMachine(1001)]);
    }
  });

  it('syncs into a container that is stopped, and into one that is recreated, before its command starts', async () => {
    bench.run('stop', '-t', '0', 'web');
    const before = watching.applied().length;
    writeFileSync(at('src/while-stopped'), '1');
    await watching.next(before);
    bench.run('start', 'web');
    await holds(web('/app/while-stopped'), '1');
    bench.run('up', '-d', '--force-recreate', '-t', '0');
    await holds(web('/app/while-stopped'), '1');
    writeFileSync(at('pair/y'), 'y');
    await holds(watching.inside('dev-pair-2', '/srv/pair/y'), 'y');
    bench.run('up', '-d', '--force-recreate', '-t', '0', 'pair');
    await holds(watching.inside('dev-pair-2', '/srv/pair/y'), 'y');
  });

  it('takes a switch of thousands of files as one batch', async () => {
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@x', ...args], {
        cwd: bench.dir,
        stdio: 'pipe',
      });
    git('init', '-q', '-b', 'one');
    for (let i = 0; i < 10_000; i++) {
      if (i % 100 === 0) mkdirSync(at(`src/d${i / 100}`));
      writeFileSync(at(`src/d${Math.floor(i / 100)}/f${i % 100}`), 'one');
    }
    git('add', 'src');
    git('commit', '-qm', 'one');
    git('checkout', '-qb', 'two');
    execFileSync(
      'sh',
      [
        '-c',
        'for d in src/*; do for f in $d/f?; do echo two > $f; done; done; rm -r src/d9*; mkdir src/new; echo 1 > src/new/file',
      ],
      { cwd: bench.dir },
    );
    git('add', '-A', 'src');
    git('commit', '-qm', 'two');
    await sameTrees(web('/app'), at('src'), 'branch two');
    await watching.rests();
    const before = watching.applied().length;
    git('checkout', '-q', 'one');
    const done = await watching.next(before);
    await sameTrees(web('/app'), at('src'), 'branch one');
    expect(done.count).toBeGreaterThan(1900);
    expect(watching.applied()).toHaveLength(before + 1);
    rmSync(at('.git'), { recursive: true });
  });

  it('goes on when the process that watches is killed', async () => {
    const children = readFileSync(
      `/proc/${watching.run.child.pid}/task/${watching.run.child.pid}/children`,
      'utf8',
    ).trim();
    process.kill(Number(children.split(' ')[0]), 'SIGKILL');
    writeFileSync(at('src/after-kill'), '1');
    await holds(web('/app/after-kill'), '1');
    writeFileSync(at('src/later'), '2');
    await holds(web('/app/later'), '2');
  });

  it('goes on when the engine is killed', async () => {
    const { json } = await ask<{ pid: number }>(
      join(bench.env.TCOMPOSE_ROOT!, 'run/engine.sock'),
      'GET',
      '/tcompose/status',
    );
    process.kill(json.pid, 'SIGKILL');
    writeFileSync(at('src/engine-killed'), '1');
    await holds(web('/app/engine-killed'), '1');
  });

  it('ends with the same tree after any edits', async () => {
    await fc.assert(
      fc.asyncProperty(edits, async (all) => {
        for (const one of all) applyEdit(at('src'), one);
        await sameTrees(web('/app'), at('src'), `the same tree after ${JSON.stringify(all)}`);
      }),
      { numRuns: 15, endOnFailure: true },
    );
  });
});
