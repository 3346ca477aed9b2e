import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfinedDirectory } from '../../../../../src/confined/confined-directory.ts';
import { readAccountFiles } from '../../../../../src/engine/containers/root/account-files.ts';
import { eachInDirectory } from '../../../../support/temporary-directory.ts';

describe('account files of a root', () => {
  let base: string;
  let top: string;
  eachInDirectory((directory) => {
    base = directory;
    top = join(base, 'root');
    mkdirSync(join(top, 'etc'), { recursive: true });
    writeFileSync(join(base, 'secret'), 'secret');
  });
  function read() {
    const root = ConfinedDirectory.at(top);
    try {
      return readAccountFiles(root);
    } finally {
      root.close();
    }
  }

  it('are read through links, but never out of the root', () => {
    mkdirSync(join(top, 'real'));
    writeFileSync(join(top, 'real/passwd'), 'real');
    symlinkSync('../../../../real/passwd', join(top, 'etc/passwd'));
    symlinkSync(join(base, 'secret'), join(top, 'etc/group'));
    expect(read()).toEqual({ passwd: 'real', group: undefined });
  });

  it('are absent where something else is in their place', () => {
    mkdirSync(join(top, 'etc/passwd'));
    symlinkSync('/dev/zero', join(top, 'etc/group'));
    expect(read()).toEqual({ passwd: undefined, group: undefined });
  });

  it('are refused when they are a loop of links, or larger than any', () => {
    symlinkSync('passwd', join(top, 'etc/passwd'));
    expect(read).toThrow(/loop of links/);
    writeFileSync(join(top, 'etc/group'), '');
    truncateSync(join(top, 'etc/group'), 1e9);
    symlinkSync('group', join(top, 'etc/other'));
    expect(read).toThrow(/loop of links|bytes long/);
  });
});
