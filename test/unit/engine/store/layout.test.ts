import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkFormat, layoutOf, readInstance } from '../../../../src/engine/store/layout.ts';
import { eachInDirectory } from '../../../support/temporary-directory.ts';

let dir: string;
eachInDirectory((directory) => {
  dir = directory;
});

describe('state directory', () => {
  it('gets a format and an instance id once', () => {
    const layout = layoutOf(dir, dir);
    checkFormat(layout);
    checkFormat(layout);
    const instance = readInstance(layout);
    expect(instance).toMatch(/^[0-9a-f]{8}$/);
    expect(readInstance(layout)).toBe(instance);
  });

  it('of a newer version is refused with a sentence', () => {
    const layout = layoutOf(dir, dir);
    writeFileSync(layout.format, '99\n');
    expect(() => checkFormat(layout)).toThrow('newer tcompose (state format 99');
    writeFileSync(layout.format, 'x');
    expect(() => checkFormat(layout)).toThrow('no format version');
  });
});
