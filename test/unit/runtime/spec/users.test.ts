import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readAccountFiles } from '../../../../src/runtime/spec/account-files.ts';
import { resolveUser } from '../../../../src/runtime/spec/users.ts';
import { eachInDirectory } from '../../../support/temporary-directory.ts';

const files = {
  passwd:
    '# accounts\nroot:x:0:0:root:/root:/bin/sh\napp:x:1000:1001::/home/app:/bin/sh\n\n42:x:7:8::/odd:/bin/sh\nbroken line\nnohome:x:9:9:::\n' +
    '99999999999999999999:x:0:0::/:/bin/sh\nminus-one:x:4294967295:0:::\nhuge-group:x:5:4294967296:::\n',
  group: 'huge:x:4294967296:\nroot:x:0:\nwheel:x:10:root,app\napp:x:1001:\naudio:x:29:app,other\n77:x:78:\n',
};

describe('resolveUser', () => {
  it.each([
    ['', { uid: 0, gid: 0, groups: [0, 10], home: '/root' }],
    ['root', { uid: 0, gid: 0, groups: [0, 10], home: '/root' }],
    ['app', { uid: 1000, gid: 1001, groups: [10, 29, 1001], home: '/home/app' }],
    ['1000', { uid: 1000, gid: 1001, groups: [10, 29, 1001], home: '/home/app' }],
    ['1000:wheel', { uid: 1000, gid: 10, groups: [10], home: '/home/app' }],
    ['4711', { uid: 4711, gid: 0, groups: [0], home: '/' }],
    ['4711:4712', { uid: 4711, gid: 4712, groups: [4712], home: '/' }],
    [':audio', { uid: 0, gid: 29, groups: [29], home: '/root' }],
    ['42', { uid: 42, gid: 0, groups: [0], home: '/' }],
    ['0042', { uid: 42, gid: 0, groups: [0], home: '/' }],
    ['app:77', { uid: 1000, gid: 77, groups: [77], home: '/home/app' }],
    ['nohome', { uid: 9, gid: 9, groups: [9], home: '/' }],
  ])('resolves "%s", with the primary group among the supplementary ones', (user, expected) => {
    expect(resolveUser(user, files)).toEqual(expected);
  });

  it('adds groups of group_add by name and number', () => {
    expect(resolveUser('4711', files, ['audio', '5000', 'audio']).groups).toEqual([0, 29, 5000]);
    expect(resolveUser('app:app', files, ['wheel']).groups).toEqual([10, 1001]);
  });

  it('needs no files for numbers', () => {
    expect(resolveUser('5:6', { passwd: undefined, group: undefined })).toEqual({
      uid: 5,
      gid: 6,
      groups: [6],
      home: '/',
    });
  });

  it.each([
    ['nobody', /unable to find user nobody: no matching entries in passwd file/],
    ['app:nogroup', /unable to find group nogroup: no matching entries in group file/],
    ['-1', /must be in range 0-2147483647/],
    ['2147483648', /must be in range/],
    ['1:4294967295', /must be in range/],
    ['99999999999999999999', /must be in range/],
    ['minus-one', /unable to find user minus-one/],
    ['huge-group', /unable to find user huge-group/],
    ['0:huge', /unable to find group huge/],
  ])('refuses "%s"', (user, message) => {
    expect(() => resolveUser(user, files)).toThrow(message);
  });
});

describe('readAccountFiles', () => {
  let top: string;
  const layer = (name: string): string => join(top, name);
  eachInDirectory((directory) => {
    top = directory;
    for (const name of ['upper', 'middle', 'lower']) mkdirSync(layer(name));
  });

  it('takes the topmost file', async () => {
    mkdirSync(join(layer('middle'), 'etc'));
    mkdirSync(join(layer('lower'), 'etc'));
    writeFileSync(join(layer('middle'), 'etc/passwd'), 'middle');
    writeFileSync(join(layer('lower'), 'etc/passwd'), 'lower');
    writeFileSync(join(layer('lower'), 'etc/group'), 'lower');
    expect(await readAccountFiles(['upper', 'middle', 'lower'].map(layer))).toEqual({
      passwd: 'middle',
      group: 'lower',
    });
  });

  it('follows links across layers but never out of the root', async () => {
    mkdirSync(join(layer('upper'), 'etc'));
    mkdirSync(join(layer('lower'), 'real'));
    symlinkSync('../../../../real/passwd', join(layer('upper'), 'etc/passwd'));
    symlinkSync(join(top, 'secret'), join(layer('upper'), 'etc/group'));
    writeFileSync(join(top, 'secret'), 'secret');
    writeFileSync(join(layer('lower'), 'real/passwd'), 'real');
    expect(await readAccountFiles(['upper', 'lower'].map(layer))).toEqual({
      passwd: 'real',
      group: undefined,
    });
  });

  it('follows a linked directory inside the root', async () => {
    mkdirSync(join(layer('lower'), 'usr/etc'), { recursive: true });
    symlinkSync('/usr/etc', join(layer('lower'), 'etc'));
    writeFileSync(join(layer('lower'), 'usr/etc/passwd'), 'usr');
    expect((await readAccountFiles([layer('lower')])).passwd).toBe('usr');
  });

  it('refuses a loop of links', async () => {
    mkdirSync(join(layer('upper'), 'etc'));
    symlinkSync('passwd', join(layer('upper'), 'etc/passwd'));
    await expect(readAccountFiles([layer('upper')])).rejects.toThrow(/loop of links/);
  });

  it('lets a whiteout hide the layers below', async () => {
    const kinds = (path: string) => ({
      isSymbolicLink: () => false,
      isFile: () => path === '/lower/etc/passwd',
      isDirectory: () => path.endsWith('/etc'),
      isCharacterDevice: () => path === '/upper/etc/passwd',
      rdev: 0,
      size: 1,
    });
    const reader = {
      lstat: async (path: string) => {
        if (path.endsWith('group')) throw Object.assign(new Error('none'), { code: 'ENOENT' });
        return kinds(path);
      },
      readlink: async () => '',
      readFile: async () => 'lower',
    };
    expect((await readAccountFiles(['/upper', '/lower'], reader)).passwd).toBeUndefined();
    expect((await readAccountFiles(['/lower'], reader)).passwd).toBe('lower');
  });
});
