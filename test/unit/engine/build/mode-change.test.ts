import { describe, expect, it } from 'vitest';
import { madeMode, readModeChange } from '../../../../src/engine/build/files/mode-change.ts';
import { resolveOwner } from '../../../../src/engine/build/files/owner.ts';

describe('a symbolic --chmod', () => {
  // As BuildKit makes them: of a file of mode 6754, one of mode 0644, and a directory of mode 3755.
  it.each([
    ['+t,=rw', '1666', '1666', '1666'],
    ['=t', '7754', '1644', '3755'],
    ['u=', '2054', '44', '3055'],
    ['g=t', '5704', '1604', '1705'],
    ['o=t', '6750', '640', '3750'],
    ['a=t', '1000', '1000', '1000'],
    ['u+t', '7754', '1644', '3755'],
    ['-t', '6754', '644', '2755'],
    ['=s', '6000', '6000', '7000'],
    ['ug=s', '6004', '6004', '7005'],
    ['o=s', '6750', '640', '3750'],
    ['u=rws', '6654', '4644', '7655'],
    ['=X', '111', '0', '1111'],
    ['-X', '6644', '644', '3644'],
    ['u=X', '2154', '44', '3155'],
    ['a=rX', '555', '444', '1555'],
    ['g=o', '6744', '644', '3755'],
    ['o=u+x,g-w', '6757', '647', '3757'],
    ['u=g-x+w', '6654', '644', '3655'],
    ['-s', '754', '644', '1755'],
    ['=', '0', '0', '1000'],
    ['+', '6754', '644', '3755'],
    ['+w', '6776', '666', '3777'],
    ['u-rwx,g+s', '6054', '2044', '3055'],
    ['a-x,a+X', '6755', '644', '3755'],
    ['u+x,g+X', '6754', '744', '3755'],
  ])('%s', (text, file, plain, directory) => {
    const change = readModeChange(text);
    const made = [change(0o6754, false), change(0o644, false), change(0o3755, true)];
    expect(made.map((mode) => mode.toString(8))).toEqual([file, plain, directory]);
  });

  it.each(['u', 'u+q', '+x,', '0888', '10000'])('is refused: %s', (text) => {
    expect(() => readModeChange(text)).toThrow(/invalid/);
  });

  it('does not count for directories that are made on the way', () => {
    expect([madeMode('u=rwx'), madeMode('4711'), madeMode(undefined)]).toEqual([0o755, 0o711, 0o755]);
  });
});

describe('an owner', () => {
  const files = { passwd: 'multi:x:1000:1001::/:/bin/sh\n', group: 'extra:x:1002:\n' };
  it.each([
    ['multi', 1000, 1001],
    ['multi:', 1000, 0],
    ['multi:extra', 1000, 1002],
    ['multi:nosuch', 1000, 1001],
    ['5:nosuch', 5, 5],
    ['1:2:3', 1, 1],
    ['nosuch:7', 0, 7],
    ['nosuch:nosuch', 0, 0],
    ['007:08', 7, 8],
    ['2147483647', 2147483647, 2147483647],
    ['2147483648', 0, 0],
    ['4294967296:7', 0, 7],
  ])('%s', (text, uid, gid) => {
    expect(resolveOwner(text, files)).toEqual({ uid, gid });
  });
});
