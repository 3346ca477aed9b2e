import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commands, RecordReader, type WatchRecord } from '../../../src/watch/records.ts';
import { until } from '../../support/engine.ts';
import { FuseMount } from '../../support/fuse.ts';
import { shimBinary } from '../../support/shim.ts';

if (!existsSync(shimBinary)) console.log(`skipped: ${shimBinary} is not built`);

const noRoot = process.getuid?.() !== 0;
const skipped = (unmet: boolean) => (unmet ? ' (skipped: needs root, or user namespaces)' : '');

/** A watcher, and what it said by now. */
class Watcher {
  readonly child: ChildProcess;
  readonly records: WatchRecord[] = [];
  readonly asked: string[] = [];

  /** `way`: a program that runs it with what it is given; `uid`: whom it runs as. */
  constructor(
    paths: readonly string[],
    refuse: RegExp = /\/\.git$/,
    { poll = false, way = [], uid }: { poll?: boolean; way?: readonly string[]; uid?: number } = {},
  ) {
    const [program = '', ...args] = [...way, shimBinary, 'watch'];
    this.child = spawn(program, args, {
      stdio: ['pipe', 'pipe', 'inherit'],
      ...(uid === undefined ? {} : { uid, gid: uid }),
    });
    const reader = new RecordReader();
    this.child.stdout!.on('data', (piece: Buffer) => {
      for (const record of reader.read(piece)) {
        if (record.type !== 'ask') this.records.push(record);
        else {
          this.asked.push(record.path);
          this.child.stdin!.write(commands.answer(record.id, !refuse.test(record.path)));
        }
      }
    });
    if (poll) this.child.stdin!.write(commands.poll());
    for (const path of paths) this.child.stdin!.write(commands.watch(path));
    this.child.stdin!.write(commands.go());
  }

  async ready(): Promise<Extract<WatchRecord, { type: 'ready' }>> {
    const found = () => this.records.find((one) => one.type === 'ready');
    await until(() => found() !== undefined, 'the watcher to be ready');
    return found()!;
  }

  /** The last that was said of a path. */
  kindAt(path: string): string | undefined {
    return this.records
      .flatMap((one) => (one.type === 'change' && one.change.path === path ? [one.change] : []))
      .at(-1)?.kind;
  }

  async sees(path: string, kind: string): Promise<void> {
    await until(() => this.kindAt(path) === kind, `${kind} at ${path}`);
  }

  count(path: string): number {
    return this.records.filter((one) => one.type === 'change' && one.change.path === path).length;
  }

  async end(): Promise<number | null> {
    const over = new Promise<number | null>((resolve) => this.child.once('exit', resolve));
    this.child.stdin!.end();
    return over;
  }
}

describe.skipIf(!existsSync(shimBinary))('the watcher', () => {
  let dir: string;
  let watcher: Watcher;
  const at = (name: string) => join(dir, name);
  const open = async (...args: ConstructorParameters<typeof Watcher>) => {
    watcher = new Watcher(...args);
    await watcher.ready();
  };
  beforeEach(() => {
    dir = realpathSync(mkdtempSync(join(tmpdir(), 'tcw-')));
  });
  afterEach(async () => {
    expect(await watcher.end()).toBe(0);
    rmSync(dir, { recursive: true, force: true });
  });

  it('says nothing of what was there', async () => {
    mkdirSync(at('sub'));
    writeFileSync(at('sub/a'), '');
    await open([dir]);
    expect(watcher.records).toEqual([{ type: 'ready', watched: 2, polled: 0, directories: 2 }]);
  });

  it('tells of files that are written, renamed, linked and removed, and of their modes', async () => {
    writeFileSync(at('a'), '1');
    await open([dir]);
    appendFileSync(at('a'), '2');
    await watcher.sees(at('a'), 'file');
    renameSync(at('a'), at('b'));
    await watcher.sees(at('a'), 'gone');
    await watcher.sees(at('b'), 'file');
    symlinkSync('nowhere', at('l'));
    await watcher.sees(at('l'), 'link');
    linkSync(at('b'), at('c'));
    await watcher.sees(at('c'), 'file');
    const before = watcher.count(at('b'));
    chmodSync(at('b'), 0o600);
    await until(() => watcher.count(at('b')) > before, 'the mode');
    rmSync(at('b'));
    await watcher.sees(at('b'), 'gone');
  });

  it('follows a directory that is made with all that is in it, and one that is moved', async () => {
    await open([dir]);
    mkdirSync(at('x/y/z'), { recursive: true });
    writeFileSync(at('x/y/z/f'), '');
    await watcher.sees(at('x/y/z/f'), 'file');
    renameSync(at('x'), at('w'));
    await watcher.sees(at('x'), 'gone-directory');
    await watcher.sees(at('x/y/z/f'), 'gone');
    await watcher.sees(at('w/y/z/f'), 'file');
    const before = watcher.count(at('w/y/z/f'));
    appendFileSync(at('w/y/z/f'), 'more');
    await until(() => watcher.count(at('w/y/z/f')) > before, 'a change below the new name');
  });

  it('follows a file that becomes a directory, and back', async () => {
    writeFileSync(at('a'), '');
    await open([dir]);
    rmSync(at('a'));
    mkdirSync(at('a'));
    writeFileSync(at('a/in'), '');
    await watcher.sees(at('a'), 'directory');
    await watcher.sees(at('a/in'), 'file');
    rmSync(at('a'), { recursive: true });
    writeFileSync(at('a'), '');
    await watcher.sees(at('a'), 'file');
    await watcher.sees(at('a/in'), 'gone');
  });

  it('watches a path that is missing, comes, goes and comes again, whatever happens above it', async () => {
    await open([at('p/q/file'), at('p/dir')]);
    mkdirSync(at('p/q'), { recursive: true });
    writeFileSync(at('p/q/file'), '1');
    await watcher.sees(at('p/q/file'), 'file');
    mkdirSync(at('p/dir'));
    writeFileSync(at('p/dir/a'), '');
    await watcher.sees(at('p/dir/a'), 'file');
    renameSync(at('p'), at('other'));
    await watcher.sees(at('p/q/file'), 'gone');
    await watcher.sees(at('p/dir'), 'gone-directory');
    mkdirSync(at('p/dir'), { recursive: true });
    writeFileSync(at('p/dir/b'), '');
    await watcher.sees(at('p/dir/b'), 'file');
    writeFileSync(at('other/dir/unseen'), '');
    mkdirSync(at('p/q'));
    writeFileSync(at('p/q/tmp'), '2');
    renameSync(at('p/q/tmp'), at('p/q/file'));
    await watcher.sees(at('p/q/file'), 'file');
    expect(watcher.kindAt(at('other/dir/unseen'))).toBeUndefined();
    expect(watcher.kindAt(at('p/q/tmp'))).toBeUndefined();
  });

  it('does not enter what it is told to leave alone', async () => {
    mkdirSync(at('node_modules/deep'), { recursive: true });
    await open([dir], /node_modules$/);
    expect(watcher.asked.some((path) => path.endsWith('deep'))).toBe(false);
    writeFileSync(at('node_modules/a'), '');
    mkdirSync(at('sub/node_modules'), { recursive: true });
    writeFileSync(at('sub/node_modules/b'), '');
    writeFileSync(at('sub/c'), '');
    await watcher.sees(at('sub/c'), 'file');
    expect(watcher.kindAt(at('node_modules/a'))).toBeUndefined();
    expect(watcher.kindAt(at('sub/node_modules/b'))).toBeUndefined();
  });

  it('looks at everything again where the kernel tells nothing', async () => {
    mkdirSync(at('sub'));
    writeFileSync(at('sub/a'), '1');
    await open([dir], /\/\.git$/, { poll: true });
    appendFileSync(at('sub/a'), '2');
    writeFileSync(at('sub/b'), '2');
    await watcher.sees(at('sub/a'), 'file');
    await watcher.sees(at('sub/b'), 'file');
    rmSync(at('sub'), { recursive: true });
    await watcher.sees(at('sub'), 'gone-directory');
  });

  it.skipIf(noRoot)(
    `looks again at file systems of other machines, by themselves${skipped(noRoot)}`,
    async () => {
      mkdirSync(at('net'));
      mkdirSync(at('here'));
      const mount = await FuseMount.at(at('net'), 'shared');
      try {
        watcher = new Watcher([dir]);
        expect(await watcher.ready()).toMatchObject({ watched: 3, polled: 1, directories: 3 });
        expect(watcher.records).toContainEqual({ type: 'silent', path: at('net') });
        mount.grow(5);
        await watcher.sees(at('net/shared'), 'file');
        writeFileSync(at('here/a'), '');
        await watcher.sees(at('here/a'), 'file');
      } finally {
        mount.close();
      }
    },
  );

  const limited = [
    'unshare',
    '-Ur',
    'sh',
    '-c',
    'echo 6 > /proc/sys/user/max_inotify_watches; exec "$0" "$@"',
  ];
  const noNamespace = spawnSync('unshare', ['-Ur', 'true']).status !== 0;
  it.skipIf(noNamespace)(
    `looks again at what is beyond the limit of watches, and says where that began${skipped(noNamespace)}`,
    async () => {
      for (let i = 0; i < 10; i++) mkdirSync(at(`d${i}`));
      watcher = new Watcher([dir], undefined, { way: limited });
      const { watched, polled, directories } = await watcher.ready();
      expect(watched).toBeLessThan(6);
      expect([watched + polled, directories]).toEqual([11, 11]);
      expect(watcher.records.filter(({ type }) => type === 'limit')).toHaveLength(1);
      for (let i = 0; i < 10; i++) writeFileSync(at(`d${i}/f`), '');
      for (let i = 0; i < 10; i++) await watcher.sees(at(`d${i}/f`), 'file');
    },
  );

  it.skipIf(noNamespace)(
    `does without the kernel where there may be no more instances${skipped(noNamespace)}`,
    async () => {
      mkdirSync(at('d'));
      const none = [
        'unshare',
        '-Ur',
        'sh',
        '-c',
        'echo 0 > /proc/sys/user/max_inotify_instances; exec "$0" "$@"',
      ];
      watcher = new Watcher([dir], undefined, { way: none });
      expect(await watcher.ready()).toMatchObject({ watched: 0, polled: 2 });
      expect(watcher.records).toContainEqual({ type: 'limit', of: 'instances', path: dir });
      writeFileSync(at('d/f'), '');
      await watcher.sees(at('d/f'), 'file');
    },
  );

  it.skipIf(noRoot)(
    `goes on past directories that may not be read, and into them once they may${skipped(noRoot)}`,
    async () => {
      for (const name of ['closed', 'open']) mkdirSync(at(name));
      writeFileSync(at('closed/before'), '');
      chmodSync(at('closed'), 0o000);
      for (const name of ['', 'closed', 'open']) chownSync(at(name), 65534, 65534);
      await open([dir], undefined, { uid: 65534 });
      expect(watcher.records).toContainEqual({ type: 'unreadable', path: at('closed') });
      writeFileSync(at('open/a'), '');
      await watcher.sees(at('open/a'), 'file');
      chmodSync(at('closed'), 0o755);
      await watcher.sees(at('closed'), 'directory');
      await until(() => {
        writeFileSync(at('closed/after'), String(Date.now()));
        return watcher.kindAt(at('closed/after')) === 'file';
      }, 'a change in it');
    },
  );

  it('finds what changed when events were lost', async () => {
    writeFileSync(at('kept'), '');
    await open([dir]);
    process.kill(watcher.child.pid!, 'SIGSTOP');
    const limit = Number(readFileSync('/proc/sys/fs/inotify/max_queued_events', 'utf8'));
    for (let i = 0; i < limit / 3 + 10; i++) {
      writeFileSync(at(`f${i % 1000}`), String(i));
      rmSync(at(`f${i % 1000}`));
    }
    writeFileSync(at('last'), '');
    rmSync(at('kept'));
    process.kill(watcher.child.pid!, 'SIGCONT');
    await watcher.sees(at('last'), 'file');
    await watcher.sees(at('kept'), 'gone');
    expect(watcher.records.some(({ type }) => type === 'overflow')).toBe(true);
  });

  /** A directory in memory, if this machine has such: many thousand files on a busy disk take minutes. */
  const inMemory = () => {
    rmSync(dir, { recursive: true });
    const place = spawnSync('test', ['-w', '/dev/shm']).status === 0 ? '/dev/shm' : tmpdir();
    dir = realpathSync(mkdtempSync(join(place, 'tcw-')));
  };

  it('holds a thousand directories with a hundred files each in little memory, and rests', async () => {
    inMemory();
    for (let d = 0; d < 1000; d++) {
      mkdirSync(at(`d${d}`));
      for (let f = 0; f < 100; f++) writeFileSync(at(`d${d}/f${f}`), '');
    }
    watcher = new Watcher([dir]);
    expect(await watcher.ready()).toMatchObject({ watched: 1001, polled: 0 });
    const proc = (name: string) => readFileSync(`/proc/${watcher.child.pid}/${name}`, 'utf8');
    expect(Number(/VmHWM:\s+(\d+)/.exec(proc('status'))?.[1])).toBeLessThan(60 * 1024);
    const switches = () => Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(proc('status'))?.[1]);
    // On its way from its word to its wait it may be kept from the processor.
    let last = -1;
    const settled = () => {
      const before = last;
      last = switches();
      return before === last && /^State:\s+S/m.test(proc('status'));
    };
    await until(settled, 'it to wait');
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(switches()).toBe(last);
  });

  it('tells a burst of thousands of files, each at most a few times', async () => {
    inMemory();
    await open([dir]);
    for (let i = 0; i < 10_000; i++) writeFileSync(at(`f${i}`), String(i));
    await watcher.sees(at('f9999'), 'file');
    const seen = new Set(watcher.records.flatMap((one) => (one.type === 'change' ? [one.change.path] : [])));
    expect(seen.size).toBe(10_000);
    expect(watcher.records.length).toBeLessThan(25_000);
  });
});
