import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { writeLayer } from '../../../src/image/unpack/layer-writer.ts';
import { TarReader } from '../../../src/tar/tar-reader.ts';
import { eachInDirectory } from '../../support/temporary-directory.ts';
import { type Entry, endMarker, paxEntry, rawHeader, stream, tarOf } from '../tar/tar-fixture.ts';
import { FakeSystem } from './fake-system.ts';

let base: string;
let root: string;
let outside: string;
let system: FakeSystem;
let warnings: string[];
eachInDirectory((directory) => {
  base = directory;
  root = join(base, 'root');
  outside = join(base, 'outside');
  mkdirSync(root);
  mkdirSync(outside);
  writeFileSync(join(outside, 'secret'), 'secret');
  system = new FakeSystem();
  warnings = [];
});

const unpackBytes = (bytes: Buffer, userxattr = false) =>
  writeLayer(new TarReader(stream(bytes)), root, {
    system,
    userxattr,
    ownership: false,
    warn: (message) => warnings.push(message),
  });
const unpack = async (...entries: Entry[]) => unpackBytes(await tarOf(entries));
const read = (name: string) => readFileSync(join(root, name), 'utf8');
const mode = (name: string) => lstatSync(join(root, name)).mode & 0o7777;

/** Nothing outside the root was made, altered or read into it. */
function expectOutsideUntouched() {
  expect(readdirSync(base).sort()).toEqual(['outside', 'root']);
  expect(readdirSync(outside)).toEqual(['secret']);
  expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('secret');
  expect(lstatSync(join(outside, 'secret')).nlink).toBe(1);
}

describe('what an archive holds', () => {
  it('is unpacked with modes, times, links and parents', async () => {
    const statistics = await unpack(
      { name: './', type: 'directory', mode: 0o750, mtime: 5000 },
      { name: 'ro/', type: 'directory', mode: 0o555, mtime: 7000 },
      { name: 'ro/su', data: 'x', mode: 0o4755, mtime: 9000 },
      { name: 'deep/er/file', data: 'content', mode: 0o640 },
      { name: '/absolute', data: 'abs' },
      { name: 'link', type: 'symlink', linkName: '/nowhere/../at all' },
      { name: 'hard', type: 'hardlink', linkName: 'ro/su', mode: 0o4755, mtime: 9000 },
    );
    expect(statistics).toEqual({ size: 11, entries: 7, whiteouts: [], implied: ['deep', 'deep/er'] });
    // The root stays as it is, whatever the archive says of it.
    expect([mode(''), mode('ro'), mode('ro/su'), mode('deep'), mode('deep/er/file')]).toEqual([
      0o755, 0o555, 0o4755, 0o755, 0o640,
    ]);
    expect(['ro', 'ro/su'].map((name) => lstatSync(join(root, name)).mtimeMs)).toEqual([7000, 9000]);
    expect(read('absolute')).toBe('abs');
    expect(readlinkSync(join(root, 'link'))).toBe('/nowhere/../at all');
    expect(lstatSync(join(root, 'hard')).ino).toBe(lstatSync(join(root, 'ro/su')).ino);
  });

  it('keeps names that are not UTF-8', async () => {
    await unpackBytes(Buffer.concat([rawHeader('caf\xe9'), endMarker]));
    expect(readdirSync(root, { encoding: 'buffer' })).toEqual([Buffer.from('caf\xe9', 'latin1')]);
  });

  it('lets later entries take the place of earlier ones', async () => {
    await unpack(
      { name: 'a', data: 'old' },
      { name: 'a', data: 'new' },
      { name: 'd/f', data: 'x' },
      { name: 'd', data: 'file now' },
      { name: 'e', data: 'file' },
      { name: 'e/', type: 'directory' },
      { name: 'e/f', data: 'inside' },
      { name: 'kept/f', data: 'f' },
      { name: 'kept/', type: 'directory', mode: 0o700 },
    );
    expect([read('a'), read('d'), read('e/f'), read('kept/f')]).toEqual(['new', 'file now', 'inside', 'f']);
    expect(mode('kept')).toBe(0o700);
  });

  it('goes through symbolic links inside the root', async () => {
    await unpack(
      { name: 'usr/lib/', type: 'directory' },
      { name: 'lib', type: 'symlink', linkName: 'usr/lib' },
      { name: 'abs', type: 'symlink', linkName: '/usr' },
      { name: 'up', type: 'symlink', linkName: '../../usr/lib/../lib' },
      { name: 'lib/one', data: '1' },
      { name: 'abs/lib/two', data: '2' },
      { name: 'up/three', data: '3' },
    );
    expect(readdirSync(join(root, 'usr/lib')).sort()).toEqual(['one', 'three', 'two']);
    expect(lstatSync(join(root, 'lib')).isSymbolicLink()).toBe(true);
  });

  it('asks for device nodes and attributes, and tells what could not be had', async () => {
    const capability = Buffer.from([1, 0, 0, 2, 0xff]);
    const bytes = Buffer.concat([
      paxEntry(
        { 'SCHILY.xattr.security.capability': capability, 'SCHILY.xattr.user.note': 'n' },
        rawHeader('ping'),
      ),
      rawHeader('tape', { type: '3', mode: '0000620\0' }),
      endMarker,
    ]);
    await unpackBytes(bytes);
    expect(system.attributes).toEqual([
      [join(root, 'ping'), 'security.capability', capability.toString('latin1')],
      [join(root, 'ping'), 'user.note', 'n'],
    ]);
    expect(system.nodes).toEqual([[join(root, 'tape'), 0o20600, 0, 0]]);
    expect(warnings).toEqual([]);

    rmSync(root, { recursive: true });
    mkdirSync(root);
    system.refuse = { makeNode: 'EPERM', setExtendedAttribute: 'ENOTSUP' };
    await unpackBytes(bytes);
    expect(existsSync(join(root, 'tape'))).toBe(false);
    expect(warnings).toHaveLength(3);
    expect(warnings.join('\n')).toMatch(
      /security.capability[\s\S]*user.note[\s\S]*device nodes[^\n]*"tape"|device nodes/,
    );
  });

  it('refuses devices whose numbers do not fit, which would be other devices', async () => {
    const node = (type: string, ...numbers: readonly string[]) =>
      rawHeader('node', {
        type,
        devices: numbers.map((number) => `${number.padStart(7, '0')}\0`).join(''),
      });
    for (const [major, minor] of [
      ['10000', '3'],
      ['1', '4000000'],
    ] as const)
      for (const type of ['3', '4'])
        await expect(unpackBytes(Buffer.concat([node(type, major, minor), endMarker]))).rejects.toThrow(
          /"?node"? is a device of a number that Linux does not have/,
        );
    expect(system.nodes).toEqual([]);
    await unpackBytes(Buffer.concat([node('4', '7777', '3777777'), endMarker]));
    expect(system.nodes).toEqual([[join(root, 'node'), 0o60600, 0xfff, 0xf_ffff]]);
    await unpackBytes(Buffer.concat([node('6', '10000', '3'), endMarker]));
    expect(system.nodes.at(-1)).toEqual([join(root, 'node'), 0o10600, 0o10000, 3]);
  });

  it('turns whiteouts into overlayfs form, for lower layers only', async () => {
    await unpack(
      { name: 'd/.wh.gone', data: '' },
      { name: 'd/here', data: 'mine' },
      { name: 'd/.wh.here', data: '' },
      { name: 'o/.wh..wh..opq', data: '' },
      { name: '.wh..wh.plnk/', type: 'directory' },
    );
    expect(system.nodes).toEqual([[join(root, 'd/gone'), 0o20000, 0, 0]]);
    expect(read('d/here')).toBe('mine');
    expect(system.attributes).toEqual([[join(root, 'o'), 'trusted.overlay.opaque', 'y']]);
    expect(readdirSync(root).sort()).toEqual(['d', 'o']);
    await unpackBytes(await tarOf([{ name: 'u/.wh..wh..opq', data: '' }]), true);
    expect(system.attributes.at(-1)).toEqual([join(root, 'u'), 'user.overlay.opaque', 'y']);
  });
});

describe('attacks', () => {
  afterEach(expectOutsideUntouched);

  it.each(['../evil', 'a/../../evil', '/../evil', '..'])('refuse the name %s', async (name) => {
    await expect(unpackBytes(Buffer.concat([rawHeader(name), endMarker]))).rejects.toMatchObject({
      code: 'IMAGE_ARCHIVE',
      message: expect.stringContaining('".."'),
    });
  });

  it.each(['/', '../outside', '../../../../../../../../tmp', '.'])(
    'a link to %s leads no write outside',
    async (linkName) => {
      await unpack(
        { name: 'x', type: 'symlink', linkName: linkName === '../outside' ? outside : linkName },
        { name: 'x/evil', data: 'evil' },
      ).catch(() => undefined);
      expect(existsSync('/evil') || existsSync('/tmp/evil')).toBe(false);
    },
  );

  it('a file is not written through a link of its name, nor are its mode and owner', async () => {
    await unpack(
      { name: 'x', type: 'symlink', linkName: join(outside, 'secret') },
      { name: 'x', data: 'evil', mode: 0o777 },
    );
    expect(read('x')).toBe('evil');
    expect(lstatSync(join(root, 'x')).isFile()).toBe(true);
    expect(mode('../outside/secret') & 0o111).toBe(0);
  });

  it('a directory entry does not follow a link of its name', async () => {
    await unpack(
      { name: 'x', type: 'symlink', linkName: outside },
      { name: 'x/', type: 'directory', mode: 0o777 },
      { name: 'x/evil', data: 'evil' },
    );
    expect(read('x/evil')).toBe('evil');
    expect(mode('../outside') & 0o022).toBe(0);
  });

  it('a link put in the place of a known directory is seen', async () => {
    await unpack(
      { name: 'd/first', data: '1' },
      { name: 'd', type: 'symlink', linkName: outside },
      { name: 'd/evil', data: 'evil' },
    );
  });

  it.each(['../outside/secret', '/etc/passwd', 'x/secret', 'missing', '.', 'd'])(
    'a hard link to %s is refused',
    async (linkName) => {
      await expect(
        unpack(
          { name: 'x', type: 'symlink', linkName: outside },
          { name: 'd/', type: 'directory' },
          { name: 'h', type: 'hardlink', linkName },
        ),
      ).rejects.toMatchObject({ code: 'IMAGE_ARCHIVE' });
      expect(existsSync(join(root, 'h'))).toBe(false);
    },
  );

  it('a hard link to a link is a link, not what it leads to', async () => {
    await unpack(
      { name: 'x', type: 'symlink', linkName: join(outside, 'secret') },
      { name: 'h', type: 'hardlink', linkName: 'x' },
      { name: 'h', data: 'evil' },
    );
    expect(read('h')).toBe('evil');
  });

  it('links in a circle end with an error', async () => {
    await expect(
      unpack(
        { name: 'a', type: 'symlink', linkName: 'b' },
        { name: 'b', type: 'symlink', linkName: 'a' },
        { name: 'a/f', data: '' },
      ),
    ).rejects.toThrow(/too many symbolic links/);
  });

  it.each(['.wh.', '.wh...', '.wh..'])('the whiteout %s is refused', async (name) => {
    await expect(unpackBytes(Buffer.concat([rawHeader(`d/${name}`), endMarker]))).rejects.toThrow(
      /hides no name/,
    );
  });

  it('overlayfs attributes of the archive are left out', async () => {
    await unpackBytes(
      Buffer.concat([
        paxEntry(
          { 'SCHILY.xattr.trusted.overlay.redirect': '/etc', 'SCHILY.xattr.user.overlay.opaque': 'y' },
          rawHeader('d/', { type: '5' }),
        ),
        endMarker,
      ]),
    );
    expect(system.attributes).toEqual([]);
    expect(warnings.join()).toMatch(/trusted.overlay.redirect/);
  });

  it('a root that is no directory is passed over, and a file used as a directory refused', async () => {
    await unpack({ name: './', type: 'symlink', linkName: outside }, { name: 'a/..', data: 'x' });
    expect(readdirSync(root)).toEqual([]);
    await expect(unpack({ name: 'f', data: '' }, { name: 'f/g', data: '' })).rejects.toThrow(
      /not a directory/,
    );
  });

  it('whiteouts below what became a link to itself are forgotten', async () => {
    await unpack({ name: 'b/a/.wh.a/', type: 'directory' }, { name: 'b', type: 'symlink', linkName: 'b' });
    expect(readdirSync(root)).toEqual(['b']);
  });

  it('no sequence of entries reaches outside', async () => {
    const part = fc.constantFrom('a', 'b', 'c', '.', '.wh.a');
    const name = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
    const link = fc.oneof(
      name,
      fc.constantFrom('/', '..', '../outside', '../../outside', '/a/..', 'a/../../b'),
    );
    const entry = fc.oneof(
      name.map((n): Entry => ({ name: n, data: 'evil', mode: 0o777 })),
      name.map((n): Entry => ({ name: `${n}/`, type: 'directory', mode: 0o777 })),
      fc.tuple(name, link).map(([n, linkName]): Entry => ({ name: n, type: 'symlink', linkName })),
      fc.tuple(name, link).map(([n, linkName]): Entry => ({ name: n, type: 'hardlink', linkName })),
      name.map((n): Entry => ({ name: n, type: 'symlink', linkName: outside })),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { maxLength: 8 }), async (entries) => {
        rmSync(root, { recursive: true, force: true });
        mkdirSync(root);
        const outcome = await unpack(...entries).catch((error) => error);
        if (outcome instanceof Error) expect(outcome).toMatchObject({ code: 'IMAGE_ARCHIVE' });
        expectOutsideUntouched();
      }),
      { numRuns: 300 },
    );
  });
});
