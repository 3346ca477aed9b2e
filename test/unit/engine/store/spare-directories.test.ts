import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openSpareDirectories } from '../../../../src/engine/store/spare-directories.ts';

let root: string;
let put: string[];
const trash = {
  async put(path: string): Promise<void> {
    put.push(path);
    rmSync(path, { recursive: true, force: true });
  },
};
const fill = async (path: string): Promise<void> => writeFileSync(join(path, 'part'), '');
const stock = (): string => join(root, 'spares');

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'spares-'));
  put = [];
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

async function until(condition: () => boolean): Promise<void> {
  await vi.waitFor(() => expect(condition()).toBe(true), { timeout: 10_000, interval: 20 });
}

describe('spare directories', () => {
  test('makes none before one was asked for, and then as many as were taken in one go', async () => {
    const spares = openSpareDirectories(stock(), fill, trash);
    expect(readdirSync(stock())).toEqual([]);
    for (const name of ['x', 'y', 'z']) expect(spares.take(join(root, name))).toBe(false);
    await until(() => readdirSync(stock()).length === 3);
    expect(spares.take(join(root, 'x'))).toBe(true);
    expect(readdirSync(join(root, 'x'))).toEqual(['part']);
    await until(() => readdirSync(stock()).length === 3);
    await spares.close();
  });

  test('gives each to one taker alone, and says when there are no more', async () => {
    const spares = openSpareDirectories(stock(), fill, trash);
    for (const name of ['a', 'b']) spares.take(join(root, name));
    await until(() => readdirSync(stock()).length === 2);
    expect(['c', 'd', 'e'].map((name) => spares.take(join(root, name)))).toEqual([true, true, false]);
    await spares.close();
  });

  test('takes over what an earlier engine made, and puts away what it left unfinished or of another shape', async () => {
    for (const name of ['b7', 'unfinished-b8', 'a1']) mkdirSync(join(stock(), name), { recursive: true });
    writeFileSync(join(stock(), 'b7', 'part'), '');
    const spares = openSpareDirectories(stock(), fill, trash);
    expect(put.sort()).toEqual([join(stock(), 'a1'), join(stock(), 'unfinished-b8')]);
    expect(spares.take(join(root, 'x'))).toBe(true);
    expect(existsSync(join(root, 'x', 'part'))).toBe(true);
    await spares.close();
  });

  test('passes over one that has gone, and keeps one whose place is taken', async () => {
    for (const name of ['b1', 'b2']) mkdirSync(join(stock(), name), { recursive: true });
    const spares = openSpareDirectories(stock(), fill, trash);
    rmSync(join(stock(), readdirSync(stock()).at(-1)!), { recursive: true });
    mkdirSync(join(root, 'full', 'something'), { recursive: true });
    expect(spares.take(join(root, 'full'))).toBe(false);
    expect(spares.take(join(root, 'x'))).toBe(true);
    expect(spares.take(join(root, 'y'))).toBe(false);
    await spares.close();
  });

  test('leaves nothing half made when it can make none, and tries again after the next take', async () => {
    let full = true;
    let tries = 0;
    const spares = openSpareDirectories(
      stock(),
      async (path) => {
        tries++;
        if (full) throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
        await fill(path);
      },
      trash,
    );
    spares.take(join(root, 'x'));
    await until(() => tries === 1 && put.length === 1);
    expect(readdirSync(stock())).toEqual([]);
    full = false;
    spares.take(join(root, 'x'));
    await until(
      () => readdirSync(stock()).length === 1 && !readdirSync(stock())[0]!.startsWith('unfinished'),
    );
    await spares.close();
  });

  test('makes no more once it is closed', async () => {
    let made = 0;
    const spares = openSpareDirectories(stock(), async () => void made++, trash);
    spares.take(join(root, 'x'));
    await spares.close();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(made).toBe(0);
  });
});
