import { describe, expect, it } from 'vitest';
import { storageFor, storageWarning } from '../../../src/image/store/overlay-support.ts';
import { parseUidMap } from '../../../src/image/store/user-namespace.ts';

describe('storageFor', () => {
  it('copies where the kernel refuses overlays in a user namespace', () => {
    expect(storageFor(0xef53, true, { refusal: 'the kernel refuses it' })).toEqual({
      kind: 'copy',
      reason: 'the kernel refuses it, so every container gets a copy of its image',
      remedy: expect.stringContaining('Install fuse-overlayfs'),
    });
    expect(storageFor(0xef53, true, { refusal: 'it is so wanted', remedy: 'Want it not.' })).toMatchObject({
      remedy: 'Want it not.',
    });
  });

  it('has a program mount overlays that the kernel refuses, where there is one', () => {
    const fuse = '/usr/bin/fuse-overlayfs';
    expect(storageFor(0xef53, true, { refusal: 'EPERM', fuse })).toEqual({
      kind: 'overlay',
      userxattr: true,
      fuse,
    });
    expect(storageFor(0x6969, true, { refusal: 'EPERM', fuse })).toMatchObject({ kind: 'copy' });
  });

  it('is an overlay on ordinary file systems, with its own attributes in a user namespace', () => {
    expect(storageFor(0xef53, false)).toEqual({ kind: 'overlay', userxattr: false });
    expect(storageFor(0x01021994, true)).toEqual({ kind: 'overlay', userxattr: true });
  });

  it.each([
    [0x794c7630, 'overlayfs'],
    [0x6969, 'NFS'],
  ])('is a copy on %i, and says why', (type, name) => {
    expect(storageFor(type, false)).toEqual({
      kind: 'copy',
      reason: expect.stringContaining(name),
      remedy: expect.stringContaining('TCOMPOSE_ROOT'),
    });
  });
});

describe('storageWarning', () => {
  it.each([undefined, '', 'fuse', 'copy'])('says nothing of %s', (value) => {
    expect(storageWarning({ TCOMPOSE_STORAGE: value })).toBeUndefined();
  });

  it.each(['FUSE', 'overlay', 'copy '])('names what may be said instead of %s', (value) => {
    expect(storageWarning({ TCOMPOSE_STORAGE: value })).toBe(
      `TCOMPOSE_STORAGE is "${value}", which is left out: it may be fuse or copy`,
    );
  });
});

describe('parseUidMap', () => {
  it.each([
    ['         0          0 4294967295\n', { initial: true, ids: 4294967295 }],
    ['         0       1000          1\n', { initial: false, ids: 1 }],
    ['0 1000 1\n1 100000 65536\n', { initial: false, ids: 65537 }],
    ['0 0 65536\n', { initial: false, ids: 65536 }],
    ['', { initial: false, ids: 0 }],
  ])('%j', (text, expected) => {
    expect(parseUidMap(text)).toEqual(expected);
  });
});
