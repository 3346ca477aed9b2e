import { describe, expect, it } from 'vitest';
import { resolveUser } from '../../../../src/runtime/spec/users.ts';

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
