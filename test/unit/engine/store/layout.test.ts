import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Damage } from '../../../../src/engine/store/damage.ts';
import { checkFormat } from '../../../../src/engine/store/format.ts';
import { readInstance } from '../../../../src/engine/store/instance.ts';
import { type Layout, layoutOf } from '../../../../src/engine/store/layout.ts';
import { eachInDirectory } from '../../../support/temporary-directory.ts';

let layout: Layout;
let found: Damage[];
const damage = { add: (one: Damage) => void found.push(one) };
eachInDirectory((directory) => {
  layout = layoutOf(join(directory, 'lib'), join(directory, 'run'));
});
beforeEach(() => {
  for (const path of [layout.networks, layout.copies]) mkdirSync(path, { recursive: true });
  found = [];
});

describe('state directory', () => {
  it('gets a format and an instance id once', () => {
    checkFormat(layout, damage);
    checkFormat(layout, damage);
    const instance = readInstance(layout, damage);
    expect(instance).toMatch(/^[0-9a-f]{8}$/);
    expect(readInstance(layout, damage)).toBe(instance);
    expect(found).toEqual([]);
  });

  it('of a newer version is refused with a sentence', () => {
    writeFileSync(layout.format, '99\n');
    expect(() => checkFormat(layout, damage)).toThrow('newer tcompose (state format 99');
  });

  it.each(['', 'x', '0', '{"a":'])('gets its format anew when it holds %j', (text) => {
    writeFileSync(layout.format, text);
    checkFormat(layout, damage);
    expect(found).toMatchObject([{ file: layout.format, healed: true }]);
    expect(readFileSync(layout.format, 'utf8')).toBe('1\n');
  });

  it.each([undefined, '', 'zzzz', '"123"', '{"a":'])(
    'finds its instance again when the file holds %j',
    (text) => {
      const instance = readInstance(layout, damage);
      if (text === undefined) rmSync(layout.instance);
      else writeFileSync(layout.instance, text);
      expect(readInstance(layout, damage)).toBe(instance);
      expect(found).toMatchObject([{ file: layout.instance, healed: true }]);
    },
  );

  it('finds its instance in the names of bridges', () => {
    writeFileSync(join(layout.networks, 'a.json'), JSON.stringify({ bridge: 'docker0' }));
    writeFileSync(join(layout.networks, 'b.json'), JSON.stringify({ bridge: 'tc0123abcd00001' }));
    writeFileSync(layout.instance, '');
    expect(readInstance(layout, damage)).toBe('0123abcd');
  });
});
