import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createRuntimeCatalog } from '../../../../src/engine/runtimes/catalog.ts';
import { parseEngineConfig } from '../../../../src/engine/runtimes/parse-config.ts';
import { eachInDirectory } from '../../../support/temporary-directory.ts';

describe('engine.json', () => {
  it('names runtimes with their program and arguments', () => {
    const text = '{"runtimes": {"a": {"path": "/opt/a", "runtimeArgs": ["--x"]}, "b-2": {"path": "b"}}}';
    expect(parseEngineConfig('/e.json', text)).toEqual([
      { name: 'a', path: '/opt/a', runtimeArgs: ['--x'] },
      { name: 'b-2', path: 'b', runtimeArgs: [] },
    ]);
    expect(parseEngineConfig('/e.json', '{}')).toEqual([]);
  });

  it.each([
    ['[]', '/e.json:1:1: the file must hold one JSON object'],
    ['{"runtimes": []}', '/e.json:1:2: runtimes must be an object'],
    ['{\n  "runtime": {}\n}', '/e.json:2:3: runtime is not known here'],
    ['{"runtimes": {"tcompose": {}}}', '/e.json:1:15: runtimes.tcompose: this is the name of the built-in'],
    ['{"runtimes": {"a b": {}}}', '/e.json:1:15: runtimes.a b: a name has letters'],
    ['{"runtimes": {"a": "/opt/a"}}', '/e.json:1:15: runtimes.a must be an object'],
    ['{"runtimes": {"a": {}}}', '/e.json:1:15: runtimes.a.path is to be the path'],
    ['{"runtimes": {"a":\n {"path": "./a"}}}', '/e.json:2:3: runtimes.a.path: ./a is neither absolute'],
    [
      '{"runtimes": {"a": {"path": "a", "runtimeArgs": "-x"}}}',
      '/e.json:1:34: runtimes.a.runtimeArgs must be',
    ],
    ['{"runtimes": {"a": {"path": "a", "runtimeType": "x"}}}', '/e.json:1:34: runtimes.a.runtimeType is not'],
    ['{"runtimes": ', '/e.json:1:14: this is not JSON'],
    ['{\n"runtimes": nix\n}', '/e.json:2:13: this is not JSON'],
    ['{"runtimes": {"a": {"path": "a",}}}', '/e.json:1:33: this is not JSON'],
    ['{"runtimes": {}} {}', '/e.json:1:18: this is not JSON'],
    ['{"runtimes": {"a": [1, -2.5e3, true, "\\u00e9" "x"]}}', '/e.json:1:47: this is not JSON'],
    ['', '/e.json:1:1: this is not JSON'],
  ])('is refused with the place: %s', (text, message) => {
    expect(() => parseEngineConfig('/e.json', text)).toThrow(message);
  });

  it('asks whether another key was meant', () => {
    expect(() => parseEngineConfig('/e.json', '{"runtime": {}}')).toThrow(
      expect.objectContaining({ code: 'RUNTIME_CONFIG', hint: 'Is runtimes meant?' }),
    );
  });
});

describe('the runtimes there are', () => {
  let config: string;
  let bin: string;
  eachInDirectory((root) => {
    config = join(root, 'engine.json');
    bin = join(root, 'bin');
    mkdirSync(bin, { recursive: true });
  });
  const program = (name: string, mode = 0o755): string => {
    const path = join(bin, name);
    writeFileSync(path, '#!/bin/sh\n');
    chmodSync(path, mode);
    return path;
  };
  const configure = (runtimes: object): void => writeFileSync(config, JSON.stringify({ runtimes }));

  it('are those found on PATH, and the built-in one by its name or none', () => {
    const path = program('youki');
    const catalog = createRuntimeCatalog(config, bin);
    expect(catalog.resolve('youki')).toEqual({ runtime: { name: 'youki', program: path, args: [] } });
    expect(catalog.resolve('')).toEqual({});
    expect(catalog.resolve('tcompose')).toEqual({});
    expect(catalog.list()).toContainEqual({ name: 'youki', program: path, args: [] });
  });

  it('are those configured before those found', () => {
    program('youki');
    const other = program('other');
    configure({ youki: { path: other, runtimeArgs: ['-v'] }, mine: { path: 'other' } });
    const catalog = createRuntimeCatalog(config, bin);
    expect(catalog.resolve('youki').runtime).toEqual({ name: 'youki', program: other, args: ['-v'] });
    expect(catalog.resolve('mine').runtime?.program).toBe(other);
    expect(catalog.list().filter(({ name }) => name === 'youki')).toHaveLength(1);
  });

  it('are listed to who asks for another', () => {
    program('youki');
    configure({ mine: { path: program('mine') } });
    const catalog = createRuntimeCatalog(config, bin);
    expect(() => catalog.resolve('nothing-like-it')).toThrow(
      /^unknown or invalid runtime name: nothing-like-it; this machine has tcompose, mine,.* youki/,
    );
    expect(() => catalog.resolve('yuoki')).toThrow(expect.objectContaining({ hint: 'Is youki meant?' }));
  });

  it('are not programs that are gone or not executable', () => {
    configure({
      gone: { path: join(bin, 'gone') },
      flat: { path: program('flat', 0o644) },
      dir: { path: bin },
    });
    const catalog = createRuntimeCatalog(config, bin);
    for (const name of ['gone', 'flat', 'dir']) {
      expect(() => catalog.resolve(name)).toThrow(`the program of the runtime ${name}, `);
    }
  });

  it('can not be changed by others than root', () => {
    configure({});
    chmodSync(config, 0o666);
    expect(() => createRuntimeCatalog(config, bin).list()).toThrow('may be changed by users other than root');
    expect(createRuntimeCatalog(config, bin).resolve('')).toEqual({});
  });
});
