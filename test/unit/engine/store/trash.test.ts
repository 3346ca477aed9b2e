import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openTrash } from '../../../../src/engine/store/trash.ts';
import { eachInDirectory } from '../../../support/temporary-directory.ts';

let root: string;
eachInDirectory((directory) => {
  root = directory;
});

const bin = () => join(root, 'trash');
const unheard = (message: string) => {
  throw new Error(message);
};

function tree(name: string): string {
  const path = join(root, name);
  mkdirSync(join(path, 'upper', 'deep'), { recursive: true });
  writeFileSync(join(path, 'upper', 'deep', 'file'), 'x');
  writeFileSync(join(root, 'kept'), 'y');
  symlinkSync(join(root, 'kept'), join(path, 'link'));
  return path;
}

describe('trash', () => {
  it('takes a directory away at once and deletes all of it, links but not what they lead to', async () => {
    const trash = openTrash(bin(), unheard);
    const path = tree('a');
    await trash.put(path);
    expect(existsSync(path)).toBe(false);
    expect(readdirSync(bin())).toHaveLength(1);
    await trash.empty();
    expect(readdirSync(bin())).toEqual([]);
    expect(existsSync(join(root, 'kept'))).toBe(true);
  });

  it('takes directories of one name again and again, and none where there is none', async () => {
    const trash = openTrash(bin(), unheard);
    for (let round = 0; round < 3; round++) await trash.put(tree('again'));
    await trash.put(join(root, 'absent'));
    expect(readdirSync(bin())).toHaveLength(3);
    await trash.empty();
    expect(readdirSync(bin())).toEqual([]);
  });

  it('finds what a crash left', async () => {
    mkdirSync(bin());
    renameSync(tree('left'), join(bin(), 'left.1.0'));
    const next = openTrash(bin(), unheard);
    next.sweep();
    await next.empty();
    expect(readdirSync(bin())).toEqual([]);
  });

  it('is done only when all is gone, also when two delete the same', async () => {
    const bins = [openTrash(bin(), unheard), openTrash(bin(), unheard)];
    const path = tree('wide');
    for (let file = 0; file < 200; file++) writeFileSync(join(path, `file-${file}`), '');
    await bins[0]!.put(path);
    bins[1]!.sweep();
    await Promise.race(bins.map((trash) => trash.empty()));
    expect(readdirSync(bin())).toEqual([]);
    await Promise.all(bins.map((trash) => trash.empty()));
  });

  it('tells of what cannot be deleted and goes on with the rest', async () => {
    const said: string[] = [];
    const remove = async (path: string) => {
      if (path.includes('busy')) throw new Error('EBUSY');
      rmSync(path, { recursive: true });
    };
    const trash = openTrash(bin(), (message) => said.push(message), remove);
    await trash.put(tree('busy'));
    await trash.put(tree('other'));
    await trash.empty();
    expect(said).toEqual([expect.stringMatching(/busy.* could not be deleted: EBUSY/)]);
    expect(readdirSync(bin())).toHaveLength(1);
  });
});
