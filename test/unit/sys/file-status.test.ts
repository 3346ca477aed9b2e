import {
  closeSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { statusAt } from '../../../src/sys/file-status.ts';

const cName = (name: string): Buffer => Buffer.from(`${name}\0`);
const fields = ['dev', 'ino', 'mode', 'nlink', 'uid', 'gid', 'rdev', 'size', 'mtimeNs', 'ctimeNs'] as const;
const kinds = ['isFile', 'isDirectory', 'isSymbolicLink', 'isCharacterDevice', 'isBlockDevice'] as const;

function compare(directory: string, names: readonly string[]): void {
  const fd = openSync(directory, 'r');
  try {
    for (const name of names) {
      const status = statusAt(fd, cName(name))!;
      const expected = lstatSync(join(directory, name), { bigint: true });
      expect(fields.map((field) => status[field])).toEqual(fields.map((field) => expected[field]));
      expect(kinds.map((kind) => status[kind]())).toEqual(kinds.map((kind) => expected[kind]()));
    }
    expect(statusAt(fd, cName('missing'))).toBeUndefined();
  } finally {
    closeSync(fd);
  }
}

test('a status is what lstat says', () => {
  const top = mkdtempSync(join(tmpdir(), 'tcompose-status-'));
  try {
    writeFileSync(join(top, 'file'), 'content', { mode: 0o640 });
    linkSync(join(top, 'file'), join(top, 'again'));
    symlinkSync('nowhere', join(top, 'link'));
    mkdirSync(join(top, 'directory'), { mode: 0o711 });
    writeFileSync(join(top, 'large'), '');
    truncateSync(join(top, 'large'), 5 * 2 ** 32);
    writeFileSync(join(top, 'old'), '');
    utimesSync(join(top, 'old'), -1.5, -1.5);
    compare(top, ['file', 'again', 'link', 'directory', 'large', 'old']);
  } finally {
    rmSync(top, { recursive: true });
  }
  compare('/dev', ['null', 'tty', 'stdin']);
});
