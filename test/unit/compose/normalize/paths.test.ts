import { describe, expect, it } from 'vitest';
import { isRemoteContext, resolvePath, resolvePaths } from '../../../../src/compose/normalize/paths.ts';
import { normalizeProjectName } from '../../../../src/compose/read/project-name.ts';

const context = { directory: '/p', home: '/home/me' };

describe('resolvePath', () => {
  it.each([
    ['.', '/p'],
    ['a/../b', '/p/b'],
    ['./a/', '/p/a'],
    ['./', '/p'],
    ['/abs/', '/abs/'],
    ['~/x/', '/home/me/x'],
    ['../x', '/x'],
    ['/abs', '/abs'],
    ['~', '/home/me'],
    ['~/x', '/home/me/x'],
    ['~other/x', '/p/~other/x'],
    ['C:\\x', 'C:\\x'],
    ['c:/x', 'c:/x'],
    ['\\\\server\\x', '\\\\server\\x'],
  ])('%j is %j', (value, expected) => expect(resolvePath(value, context)).toBe(expected));

  it('keeps a relative directory relative', () => {
    expect(resolvePath('./x', { directory: '../lib', home: undefined })).toBe('../lib/x');
  });
});

describe('resolvePaths', () => {
  it('knows the attributes that hold paths', () => {
    const tree = {
      services: {
        a: {
          build: {
            context: 'c',
            additional_contexts: { x: 'y', i: 'docker-image://i', s: 'service:b' },
            ssh: ['default', 'k=id'],
          },
          env_file: [{ path: 'e' }],
          label_file: ['l'],
          volumes: [
            { type: 'bind', source: 'v', target: '/v' },
            { type: 'volume', source: 'v', target: '/w' },
          ],
          develop: { watch: [{ path: 'w', action: 'rebuild' }] },
        },
      },
      configs: { c: { file: 'f' } },
      secrets: { s: { file: '~/s' }, t: { environment: 'T' } },
      volumes: {
        bound: { driver: 'local', driver_opts: { type: 'none', o: 'bind,ro', device: 'd' } },
        nfs: { driver_opts: { type: 'nfs', o: 'addr=1', device: ':/d' } },
        foreign: { driver: 'other', driver_opts: { o: 'bind', device: 'd' } },
      },
    };
    expect(resolvePaths(tree, context)).toEqual({
      services: {
        a: {
          build: {
            context: '/p/c',
            additional_contexts: { x: '/p/y', i: 'docker-image://i', s: 'service:b' },
            ssh: ['default', 'k=/p/id'],
          },
          env_file: [{ path: '/p/e' }],
          label_file: ['/p/l'],
          volumes: [
            { type: 'bind', source: '/p/v', target: '/v' },
            { type: 'volume', source: 'v', target: '/w' },
          ],
          develop: { watch: [{ path: '/p/w', action: 'rebuild' }] },
        },
      },
      configs: { c: { file: '/p/f' } },
      secrets: { s: { file: '/home/me/s' }, t: { environment: 'T' } },
      volumes: {
        bound: { driver: 'local', driver_opts: { type: 'none', o: 'bind,ro', device: '/p/d' } },
        nfs: { driver_opts: { type: 'nfs', o: 'addr=1', device: ':/d' } },
        foreign: { driver: 'other', driver_opts: { o: 'bind', device: 'd' } },
      },
    });
  });

  it.each(['https://x/y.git', 'git@host:x', 'github.com/x/y', 'ssh://x', 'service:a', 'oci-layout://x'])(
    'leaves the context %s alone',
    (value) => expect(isRemoteContext(value)).toBe(true),
  );
});

describe('normalizeProjectName', () => {
  it.each([
    ['My.App', 'myapp'],
    ['_-x_-', 'x_-'],
    ['Ünicode 1', 'nicode1'],
    ['...', ''],
  ])('%j is %j', (name, expected) => expect(normalizeProjectName(name)).toBe(expected));
});
