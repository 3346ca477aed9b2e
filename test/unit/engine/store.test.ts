import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/engine/clock.ts';
import { openLayers } from '../../../src/engine/containers/layered-root.ts';
import { openJournal } from '../../../src/engine/events/journal.ts';
import { appendJson, readJson, readLastJson, writeJson } from '../../../src/engine/store/json-file.ts';
import { checkFormat, layoutOf, readInstance } from '../../../src/engine/store/layout.ts';

const fine = () => undefined;
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tcompose-store-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('JSON files', () => {
  it('are written 0600 and read back', () => {
    const path = join(dir, 'a.json');
    writeJson(path, { a: 1 });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readJson(path, fine)).toEqual({ a: 1 });
    expect(readJson(join(dir, 'absent'), fine)).toBeUndefined();
  });

  it.each([
    ['', 'it is empty'],
    ['{"a":', 'it is not JSON'],
    ['[]', 'wanted'],
  ])('holding %j are refused by name', (text, reason) => {
    const path = join(dir, 'bad.json');
    writeFileSync(path, text);
    expect(() => readJson(path, () => 'wanted')).toThrow(`${path} cannot be read: ${reason}`);
  });

  it('of lines give the last whole one, also after a line that was cut', () => {
    const path = join(dir, 'state.json');
    appendJson(path, { n: 1 });
    appendJson(path, { n: 2 });
    appendFileSync(path, '\n{"n":');
    expect(readLastJson(path, fine)).toEqual({ n: 2 });
    appendJson(path, { n: 3 });
    expect(readLastJson(path, fine)).toEqual({ n: 3 });
  });

  it('of lines do not grow without end', () => {
    const path = join(dir, 'state.json');
    for (let n = 0; n < 200; n++) appendJson(path, { n, padding: 'x'.repeat(1000) });
    expect(statSync(path).size).toBeLessThan(70_000);
    expect(readLastJson(path, fine)).toMatchObject({ n: 199 });
  });
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

describe('event journal', () => {
  const event = (action: string) => ({
    type: 'container' as const,
    action,
    id: 'i',
    attributes: { image: 'x' },
  });

  it('has an event on file before anyone hears of it, and goes on counting after a torn line', () => {
    const path = join(dir, 'events.log');
    const journal = openJournal(path, systemClock, fine);
    const seen: boolean[] = [];
    journal.subscribe((one) => seen.push(readFileSync(path, 'utf8').includes(`"Action":"${one.Action}"`)));
    expect([journal.emit(event('create')), journal.emit(event('start'))]).toEqual([1, 2]);
    expect(seen).toEqual([true, true]);
    journal.close();
    appendFileSync(path, '{"seq":3,"eve');
    const next = openJournal(path, systemClock, fine);
    expect(next.between(0, Infinity).map(({ Action }) => Action)).toEqual(['create', 'start']);
    expect(next.emit(event('die'))).toBe(3);
    next.close();
    const last = openJournal(path, systemClock, fine);
    expect(last.between(0, Infinity).map(({ Action }) => Action)).toEqual(['create', 'start', 'die']);
    last.close();
  });
});

describe('layers seen as one root', () => {
  it('merge, upper first, and follow links inside the root only', async () => {
    const [upper, lower] = [join(dir, 'upper'), join(dir, 'lower')];
    mkdirSync(join(upper, 'etc'), { recursive: true });
    mkdirSync(join(lower, 'etc'), { recursive: true });
    mkdirSync(join(lower, 'real'));
    writeFileSync(join(upper, 'etc', 'a'), 'upper');
    writeFileSync(join(lower, 'etc', 'a'), 'lower');
    writeFileSync(join(lower, 'etc', 'b'), 'lower');
    writeFileSync(join(lower, 'real', 'file'), 'x');
    symlinkSync('/real', join(lower, 'absolute'));
    symlinkSync('../../../../../../etc', join(lower, 'climbing'));
    symlinkSync('loop', join(lower, 'loop'));
    chmodSync(join(upper, 'etc'), 0o755);
    const root = openLayers([upper, lower]);
    const etc = await root.find('/etc', false);
    expect((await root.list(etc!)).sort()).toEqual(['a', 'b']);
    expect((await root.find('/etc/a', false))?.real).toBe(join(upper, 'etc', 'a'));
    expect((await root.find('/absolute/file', false))?.real).toBe(join(lower, 'real', 'file'));
    expect((await root.find('/climbing/b', false))?.real).toBe(join(lower, 'etc', 'b'));
    expect((await root.find('/absolute', false))?.stat.isSymbolicLink()).toBe(true);
    expect((await root.find('/absolute', true))?.path).toBe('/real');
    expect(await root.find('/loop/x', false)).toBeUndefined();
    expect(await root.find('/../../etc/passwd-not-here', false)).toBeUndefined();
  });
});
