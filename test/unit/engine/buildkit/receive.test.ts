import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfinedDirectory } from '../../../../src/confined/confined-directory.ts';
import {
  type Packet,
  packetShape,
  packetTypes,
  type WireStat,
} from '../../../../src/engine/buildkit/messages/session.ts';
import { MemoryTaker } from '../../../../src/engine/buildkit/sync/memory-taker.ts';
import { receiveTree, type TreeTaker } from '../../../../src/engine/buildkit/sync/receive.ts';
import { TreeTakerInto } from '../../../../src/engine/buildkit/sync/tree-taker.ts';
import type { OpenCall } from '../../../../src/engine/buildkit/wire/call.ts';
import { decode, encode } from '../../../../src/engine/buildkit/wire/message.ts';

type Stat = Partial<WireStat>;
const directory = 0x80000000;
const link = 0x08000000;
const at = 1_700_000_000_123_456_789n;

/** The other end of a transfer: tells a tree, sends what it is asked for, and then whatever `more` has. */
function sender(
  stats: readonly Stat[],
  contents: Readonly<Record<string, string>>,
  more: readonly Partial<Packet>[] = [],
): { call: OpenCall; asked: string[] } {
  const asked: string[] = [];
  const queue: Partial<Packet>[] = [
    ...stats.map((stat) => ({ type: packetTypes.stat, stat })),
    { type: packetTypes.stat },
    ...more,
  ];
  let wake: (() => void) | undefined;
  let over = false;
  async function* answers(): AsyncGenerator<Buffer> {
    for (;;) {
      const next = queue.shift();
      if (next !== undefined) yield encode<Packet>(packetShape, next);
      else if (over) return;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  }
  const call: OpenCall = {
    async send(message) {
      const { type, id } = decode<Packet>(packetShape, Buffer.from(message));
      if (type === packetTypes.finish) {
        queue.push({ type: packetTypes.finish });
        over = true;
      } else {
        const path = stats[id]!.path!;
        asked.push(path);
        const content = Buffer.from(contents[path] ?? '');
        if (content.length > 0) queue.push({ type: packetTypes.data, id, data: content });
        queue.push({ type: packetTypes.data, id });
      }
      wake?.();
    },
    end: () => undefined,
    answers: answers(),
    close: () => undefined,
  };
  return { call, asked };
}

const file = (path: string, size: number, mode = 0o644): Stat => ({ path, size, mode, modified: at });

let place: string;
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'tcompose-receive-'));
});
afterEach(() => rmSync(place, { recursive: true, force: true }));

async function into(
  stats: readonly Stat[],
  contents: Readonly<Record<string, string>> = {},
  more: readonly Partial<Packet>[] = [],
) {
  const root = ConfinedDirectory.at(join(place, 'files'));
  const taker = new TreeTakerInto(root);
  const { call, asked } = sender(stats, contents, more);
  try {
    await receiveTree(call, taker);
  } finally {
    taker.close();
    root.close();
  }
  return asked;
}

describe('a tree that is sent', () => {
  beforeEach(() => mkdirSync(join(place, 'files')));

  const tree: readonly Stat[] = [
    { path: 'a', mode: directory | 0o750, modified: at },
    file('a/one', 3, 0o4755 & 0o755),
    { path: 'a/two', mode: link | 0o777, linkName: '../etc/passwd' },
    { ...file('a-b', 0), attributes: new Map([['trusted.overlay.opaque', Buffer.from('y')]]) },
    { ...file('z', 0), linkName: 'a/one' },
  ];

  it('is made with modes, times and links', async () => {
    await into(tree, { 'a/one': 'abc' });
    const path = (name: string) => join(place, 'files', name);
    expect(readFileSync(path('a/one'), 'utf8')).toBe('abc');
    expect(lstatSync(path('a')).mode & 0o7777).toBe(0o750);
    expect(Math.abs(lstatSync(path('a/one')).mtimeMs - Number(at) / 1e6)).toBeLessThan(1);
    expect(lstatSync(path('a/two')).isSymbolicLink()).toBe(true);
    expect(lstatSync(path('z')).ino).toBe(lstatSync(path('a/one')).ino);
    expect(lstatSync(path('a-b')).size).toBe(0);
  });

  it('is asked for again only where it changed, and what is gone goes', async () => {
    expect(await into(tree, { 'a/one': 'abc' })).toEqual(['a/one', 'a-b']);
    expect(await into(tree, { 'a/one': 'abc' })).toEqual([]);
    const changed = [tree[0]!, { ...file('a/one', 4), modified: at + 1_000_000n }, file('a/three', 1)];
    expect(await into(changed, { 'a/one': 'abcd', 'a/three': '3' })).toEqual(['a/one', 'a/three']);
    expect(readdirSync(join(place, 'files'))).toEqual(['a']);
    expect(readdirSync(join(place, 'files/a'))).toEqual(['one', 'three']);
    // Another kind of thing takes a directory's place.
    expect(await into([file('a', 1)], { a: 'x' })).toEqual(['a']);
    expect(lstatSync(join(place, 'files/a')).isFile()).toBe(true);
  });

  it('does not go through a link that is in its place', async () => {
    const outside = join(place, 'outside');
    mkdirSync(outside);
    chmodSync(outside, 0o700);
    symlinkSync(outside, join(place, 'files/a'));
    writeFileSync(join(place, 'outside/one'), 'kept');
    await into([tree[0]!, tree[1]!], { 'a/one': 'abc' });
    expect(readFileSync(join(outside, 'one'), 'utf8')).toBe('kept');
    expect(lstatSync(outside).mode & 0o777).toBe(0o700);
    expect(lstatSync(join(place, 'files/a')).isDirectory()).toBe(true);
  });

  it.each<[string, readonly Stat[]]>([
    ['an absolute path', [file('/etc/x', 0)]],
    ['a way out', [file('../x', 0)]],
    ['a way out further down', [{ path: 'a', mode: directory }, file('a/../../x', 0)]],
    ['a dot', [file('./x', 0)]],
    ['an empty name', [{ path: 'a', mode: directory }, file('a//x', 0)]],
    ['no path', [file('', 0)]],
    ['NUL', [file('a\0b', 0)]],
    ['a name that is too long', [file('x'.repeat(256), 0)]],
    ['a directory that was not listed', [file('a/x', 0)]],
    ['something below a file', [file('a', 0), file('a/x', 0)]],
    ['something below a link', [{ path: 'a', mode: link | 0o777, linkName: '/etc' }, file('a/x', 0)]],
    ['things out of order', [file('b', 0), file('a', 0)]],
    ['the same twice', [file('a', 0), file('a', 0)]],
    ['a hard link to nothing', [{ ...file('b', 0), linkName: 'a' }]],
    ['a hard link out', [{ ...file('b', 0), linkName: '../../etc/passwd' }]],
    [
      'a hard link to a directory',
      [
        { path: 'a', mode: directory },
        { ...file('b', 0), linkName: 'a' },
      ],
    ],
    ['a link without a text', [{ path: 'a', mode: link | 0o777 }]],
    ['a size below nothing', [file('a', -5)]],
    ['a mark of layers', [{ path: 'a', mode: 0x04000000 | 0x00200000 }]],
  ])('is refused with %s', async (_what, stats) => {
    await expect(into(stats)).rejects.toThrow();
    expect(readdirSync(place)).toEqual(['files']);
  });

  it.each<[string, readonly Partial<Packet>[]]>([
    ['content that nobody asked for', [{ type: packetTypes.data, id: 7, data: Buffer.from('x') }]],
    ['an end before its files', [{ type: packetTypes.finish }]],
    ['more told after the end', [{ type: packetTypes.stat, stat: file('zz', 0) }]],
    ['a packet of another kind', [{ type: 9 }]],
    ['an error of its own', [{ type: packetTypes.error, data: Buffer.from('the disk is gone') }]],
  ])('is refused with %s', async (_what, more) => {
    await expect(into([file('a', 3)], { a: 'abc' }, more)).rejects.toThrow();
  });

  it('keeps to few open files', async () => {
    const stats = Array.from({ length: 80 }, (_, n) => file(`f${String(n).padStart(3, '0')}`, 1));
    const pieces = stats.map((_, id) => ({ type: packetTypes.data, id, data: Buffer.from('x') }));
    await expect(into(stats, {}, pieces)).rejects.toThrow(/too many files/);
  });
});

describe('small files that are sent', () => {
  const take = async (
    stats: readonly Stat[],
    contents: Readonly<Record<string, string>>,
  ): Promise<MemoryTaker> => {
    const taker = new MemoryTaker();
    await receiveTree(sender(stats, contents).call, taker satisfies TreeTaker);
    return taker;
  };

  it('are read through links inside of the tree only', async () => {
    const taker = await take(
      [
        { path: 'Dockerfile', mode: link | 0o777, linkName: 'docker/file' },
        { path: 'docker', mode: directory },
        file('docker/file', 4),
        { path: 'loop', mode: link | 0o777, linkName: 'loop' },
        { path: 'out', mode: link | 0o777, linkName: '../../../../docker/file' },
      ],
      { 'docker/file': 'FROM' },
    );
    expect(taker.read('Dockerfile')).toBe('FROM');
    expect(taker.read('out')).toBe('FROM');
    expect(taker.read('loop')).toBeUndefined();
    expect(taker.read('none')).toBeUndefined();
  });

  it('are not taken without end', async () => {
    await expect(take([file('a', 1)], { a: 'x'.repeat(9 * 1024 * 1024) })).rejects.toThrow(/Dockerfile/);
  });
});
