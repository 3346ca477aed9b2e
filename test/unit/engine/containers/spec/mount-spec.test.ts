import { describe, expect, it } from 'vitest';
import {
  collectMounts,
  parseBind,
  parseMount,
} from '../../../../../src/engine/containers/spec/mount-spec.ts';

describe('mounts', () => {
  it('tell binds from named volumes', () => {
    expect(parseBind('/srv//x:/data:ro,rslave')).toMatchObject({
      type: 'bind',
      source: '/srv/x',
      target: '/data',
      readOnly: true,
      propagation: 'rslave',
      createSource: true,
    });
    expect(parseBind('data:/data:nocopy')).toMatchObject({ type: 'volume', name: 'data', noCopy: true });
  });

  it('of an image may be relative to the root', () => {
    const mounts = collectMounts({ Volumes: { data: {}, 'x/../y/': {}, '/data': {} } }, {}, []);
    expect(mounts.map(({ target }) => target)).toEqual(['/data', '/y']);
    expect(() => collectMounts({ Volumes: { '': {} } }, {}, [])).toThrow('must be an absolute path');
  });

  it('of a target alone is an anonymous volume', () => {
    expect(parseBind('/data')).toMatchObject({ type: 'volume', target: '/data', anonymous: true });
  });

  it.each(['', 'a', ':/a', '/a:', '/a:b', '/a:/b:rx', './a:/b', '/a:/', '/a:/b:ro:x'])(
    'refuse %s',
    (text) => {
      expect(() => parseBind(text)).toThrow();
    },
  );

  it('of the long form do not make a missing source unless asked', () => {
    expect(parseMount({ Type: 'bind', Source: '/a', Target: '/b' })).toMatchObject({ createSource: false });
    expect(
      parseMount({ Type: 'tmpfs', Target: '/t', TmpfsOptions: { SizeBytes: 9, Mode: 0o700 } }),
    ).toMatchObject({
      options: ['size=9', 'mode=700'],
    });
    expect(() => parseMount({ Type: 'bind', Source: 'a', Target: '/b' })).toThrow('must be absolute');
  });

  it('take a target once, and leave image volumes what is free', () => {
    const host = { Binds: ['/a:/one'], Tmpfs: { '/two': '' } };
    const mounts = collectMounts({ Volumes: { '/one': {}, '/two': {}, '/three': {} } }, host, []);
    expect(mounts.map(({ type, target }) => [type, target])).toEqual([
      ['bind', '/one'],
      ['volume', '/three'],
    ]);
    expect(mounts[1]).toMatchObject({ anonymous: true, name: undefined });
    expect(() => collectMounts({}, { Binds: ['/a:/one', 'v:/one/'] }, [])).toThrow(
      'Duplicate mount point: /one',
    );
  });
});
