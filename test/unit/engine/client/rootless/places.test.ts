import type { Stats } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { userPlaces } from '../../../../../src/engine/client/rootless/places.ts';

const uid = 1000;
type Node = { readonly uid: number; readonly mode: number };

/** A file system of directories. */
const asker = (nodes: Readonly<Record<string, Node>>, texts: Readonly<Record<string, string>> = {}) => ({
  uid,
  home: '/home/ann',
  read: (path: string) => texts[path] ?? '',
  stat: (path: string) => {
    const node = nodes[path];
    return node && ({ ...node, isDirectory: () => (node.mode & 0o40000) !== 0 } as Stats);
  },
});

const mine = { uid, mode: 0o40700 };

describe('places of a user’s own engine', () => {
  it('are the XDG directories', () => {
    const env = { HOME: '/home/ann', XDG_RUNTIME_DIR: '/run/user/1000', XDG_DATA_HOME: '/data/ann' };
    expect(userPlaces(env, asker({ '/run/user/1000': mine }))).toEqual({
      lib: '/data/ann/tcompose',
      run: '/run/user/1000/tcompose',
      config: '/home/ann/.config/tcompose/engine.json',
    });
  });

  it('are below the account’s home when HOME is another user’s', () => {
    const places = userPlaces({ HOME: '/root' }, asker({ '/root': { uid: 0, mode: 0o40700 } }));
    expect(places.lib).toBe('/home/ann/.local/share/tcompose');
  });

  it.each([
    ['not set', {}, undefined],
    ['relative', { XDG_RUNTIME_DIR: 'run' }, undefined],
    ['another user’s', { XDG_RUNTIME_DIR: '/r' }, { uid: 0, mode: 0o40700 }],
    ['open to others', { XDG_RUNTIME_DIR: '/r' }, { uid, mode: 0o40755 }],
    ['a link', { XDG_RUNTIME_DIR: '/r' }, { uid, mode: 0o120777 }],
  ])('are in /tmp when XDG_RUNTIME_DIR is %s', (_why, env, node) => {
    expect(userPlaces(env, asker(node ? { '/r': node } : {})).run).toBe('/tmp/tcompose-1000');
  });

  it('are in /tmp when no path of a socket below XDG_RUNTIME_DIR would fit its address', () => {
    const runOf = (length: number) => {
      const given = `/${'r'.repeat(length - 1)}`;
      return userPlaces({ XDG_RUNTIME_DIR: given }, asker({ [given]: mine })).run;
    };
    expect(runOf(85)).toMatch(/^\/r+\/tcompose$/);
    expect(runOf(86)).toBe('/tmp/tcompose-1000');
  });

  it('are where the engine runs that serves the state, whatever the variables say', () => {
    const texts = { '/home/ann/.local/share/tcompose/at': '/r/tcompose\n', '/r/tcompose/holder.pid': '7\n' };
    const env = { XDG_RUNTIME_DIR: '/run/user/1000' };
    const places = { '/r/tcompose': mine, '/run/user/1000': mine };
    expect(userPlaces({}, asker(places, texts)).run).toBe('/r/tcompose');
    expect(userPlaces(env, asker({ '/run/user/1000': mine }, texts)).run).toBe('/run/user/1000/tcompose');
    const ended = { ...texts, '/r/tcompose/holder.pid': '' };
    expect(userPlaces(env, asker(places, ended)).run).toBe('/run/user/1000/tcompose');
  });

  it('are refused when the directory of the engine that serves the state was opened to others', () => {
    const texts = { '/home/ann/.local/share/tcompose/at': '/r/tcompose\n', '/r/tcompose/holder.pid': '7\n' };
    const open = (mode: number, owner = uid) =>
      userPlaces({}, asker({ '/r/tcompose': { uid: owner, mode } }, texts)).run;
    expect(() => open(0o40755)).toThrow('/r/tcompose, where your engine has its socket');
    // What is not his can't have been his engine's.
    expect(open(0o40755, 1001)).toBe('/tmp/tcompose-1000');
  });

  it.each([
    ['another user’s', { uid: 1001, mode: 0o40700 }],
    ['open to others', { uid, mode: 0o40770 }],
    ['a link', { uid, mode: 0o120777 }],
  ])('are refused when the directory in /tmp is %s', (_why, node) => {
    expect(() => userPlaces({}, asker({ '/tmp/tcompose-1000': node }))).toThrow(/is not safe/);
    expect(userPlaces({}, asker({ '/tmp/tcompose-1000': mine })).run).toBe('/tmp/tcompose-1000');
  });
});
