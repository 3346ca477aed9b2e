import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { ConfinedDirectory } from '../../../src/confined/confined-directory.ts';
import { O_PATH } from '../../../src/sys/openat2.ts';
import { eachInDirectory } from '../../support/temporary-directory.ts';

let base: string;
let top: string;
let root: ConfinedDirectory;
eachInDirectory((directory) => {
  base = directory;
  top = join(base, 'root');
  for (const path of ['root/a/b', 'outside', 'empty', 'volume/x'])
    mkdirSync(join(base, path), { recursive: true });
  writeFileSync(join(top, 'a/b/file'), 'inside');
  writeFileSync(join(base, 'outside/file'), 'outside');
  writeFileSync(join(base, 'volume/x/file'), 'of the volume');
  root = new ConfinedDirectory(openSync(top, O_PATH), openSync(join(base, 'empty'), O_PATH));
});
afterEach(() => {
  root.close();
  root.close();
  expect(readFileSync(join(base, 'outside/file'), 'utf8')).toBe('outside');
  expect(readdirSync(join(base, 'outside'))).toEqual(['file']);
});

/** Content of a file, or the path of what else is found. */
function seen(path: string, follow = true): string | undefined {
  const entry = root.find(path, follow);
  try {
    if (!entry?.stat.isFile()) return entry?.path;
    return readFileSync(`/proc/self/fd/${entry.fd}`, 'utf8');
  } finally {
    entry?.close();
  }
}
/** How many lead below the base: what else this process has open comes and goes. */
const openDescriptors = () =>
  readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(base);
    } catch {
      return false;
    }
  }).length;

describe('a directory tree that others have a hand in', () => {
  it('is the same when it is borrowed, and what is lent outlives that', async () => {
    root.cover('volume', openSync(join(base, 'volume'), O_PATH));
    const before = openDescriptors();
    const borrowed = ConfinedDirectory.borrow(root.lend());
    const file = borrowed.find('volume/x/file');
    expect(readFileSync(`/proc/self/fd/${file?.fd}`, 'utf8')).toBe('of the volume');
    file?.close();
    const fd = openSync(top, O_PATH);
    const all = borrowed.held('', fd);
    closeSync(fd);
    expect(await borrowed.names(all)).toEqual(['a', 'volume']);
    all.close();
    borrowed.close();
    await borrowed.closeElsewhere();
    expect(openDescriptors()).toBe(before);
    expect(seen('volume/x/file')).toBe('of the volume');
  });

  it('is closed by another thread as by this one, once', async () => {
    const before = openDescriptors();
    const other = ConfinedDirectory.at(top);
    await Promise.all([other.closeElsewhere(), other.closeElsewhere()]);
    expect(openDescriptors()).toBe(before);
    await other.closeElsewhere();
  });

  it('loses a large file as a small one', async () => {
    writeFileSync(join(top, 'a/large'), '');
    truncateSync(join(top, 'a/large'), 64 * 1024 * 1024);
    await root.remove('a');
    expect(readdirSync(top)).toEqual([]);
  });

  it('is walked inside itself, whatever links and dots say', () => {
    symlinkSync('/a/b', join(top, 'absolute'));
    symlinkSync('../../../../a', join(top, 'climbing'));
    symlinkSync(join(base, 'outside'), join(top, 'out'));
    symlinkSync('/proc/self/root', join(top, 'magic'));
    expect(seen('absolute/file')).toBe('inside');
    expect(seen('/climbing/b/../b/./file')).toBe('inside');
    expect(seen('../../outside/file')).toBeUndefined();
    expect(seen('out/file')).toBeUndefined();
    expect(seen('magic/etc/passwd')).toBeUndefined();
    expect([seen('absolute', false), seen('absolute'), seen(''), seen('a/..')]).toEqual([
      'absolute',
      'a/b',
      '',
      '',
    ]);
    symlinkSync('loop', join(top, 'loop'));
    expect(() => root.find('loop/x')).toThrow('ELOOP');
    expect(() => root.find('a\0b')).toThrow('EINVAL');
  });

  it('does not follow a link that takes the place of a directory it knows', () => {
    expect(seen('a/b/file')).toBe('inside');
    renameSync(join(top, 'a'), join(top, 'moved'));
    symlinkSync(join(base, 'outside'), join(top, 'a'));
    expect(seen('a/file')).not.toBe('outside');
    const { directory } = root.place('a/new');
    expect(readlinkSync(`/proc/self/fd/${directory}`)).toBe(join(top, 'moved'));
  });

  it('gives places in it only, and makes the directories on the way', () => {
    expect(root.place('new/deep/er').path).toBe('new/deep/er');
    expect(existsSync(join(top, 'new/deep'))).toBe(true);
    symlinkSync(join(base, 'outside'), join(top, 'out'));
    root.place('out/x/y');
    expect(existsSync(join(top, base.slice(1), 'outside/x'))).toBe(true);
    expect(() => root.place('a/b/file/x')).toThrow('ENOTDIR');
    expect(() => root.place('nothing/x', false)).toThrow('ENOENT');
    for (const path of ['', 'a/..', 'a/.']) expect(() => root.place(path)).toThrow('EINVAL');
  });

  it('takes away whole trees, and of links the links', async () => {
    symlinkSync(join(base, 'outside'), join(top, 'a/b/out'));
    await root.remove('a');
    await root.remove('a');
    expect(readdirSync(top)).toEqual([]);
  });

  it('shows what is laid over it, also where nothing is below', async () => {
    symlinkSync('/data', join(top, 'link'));
    expect(root.cover('data/deep', openSync(join(base, 'volume'), O_PATH))).toBe('data/deep');
    expect(root.cover('link/deep/x/file', openSync(join(top, 'a/b/file'), O_PATH))).toBe('data/deep/x/file');
    expect([seen('link/deep/x/file'), seen('data'), seen('data/deep/../deep/x')]).toEqual([
      'inside',
      'data',
      'data/deep/x',
    ]);
    const listed = async (path: string) => {
      const entry = root.find(path)!;
      return root.names(entry).finally(() => entry.close());
    };
    expect([await listed(''), await listed('data'), await listed('data/deep')]).toEqual([
      ['a', 'data', 'link'],
      ['deep'],
      ['x'],
    ]);
    await expect(root.remove('data')).rejects.toThrow('EBUSY');
    expect(() => root.place('data/deep')).toThrow('EBUSY');
    root.place('data/new');
    expect([existsSync(join(top, 'data')), readdirSync(join(base, 'empty'))]).toEqual([true, []]);
  });

  it('keeps few descriptors open, however deep and wide it is', async () => {
    const before = openDescriptors();
    const deep = Array.from({ length: 300 }, (_, at) => `d${at}`).join('/');
    root.place(`${deep}/x`);
    for (let at = 0; at < 200; at++) root.place(`wide/${at}/x`);
    expect(openDescriptors() - before).toBeLessThan(80);
    expect(seen(deep)).toBe(deep);
    await root.remove('d0');
    expect(seen('d0')).toBeUndefined();
    root.close();
    expect(openDescriptors()).toBeLessThan(before);
  });

  it('never leads outside, by no path through any links', () => {
    const part = fc.constantFrom('a', 'b', 'l', 'm', '..', '.', '');
    const path = fc.array(part, { maxLength: 6 }).map((parts) => parts.join('/'));
    const text = fc.oneof(path, fc.constantFrom('/', '../..', base, join(base, 'outside')));
    fc.assert(
      fc.property(text, text, path, (first, second, asked) => {
        for (const [name, to] of [
          ['l', first],
          ['m', second],
        ] as const) {
          if (existsSync(join(top, name)) || seen(name, false) !== undefined)
            renameSync(join(top, name), join(base, 'old'));
          if (to !== '') symlinkSync(to, join(top, name));
        }
        let entry: ReturnType<ConfinedDirectory['find']>;
        try {
          entry = root.find(asked, true);
        } catch (error) {
          expect(String(error)).toContain('ELOOP');
        }
        const real = entry === undefined ? top : readlinkSync(`/proc/self/fd/${entry.fd}`);
        entry?.close();
        expect(real === top || real.startsWith(`${top}/`)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
