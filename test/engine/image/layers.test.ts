import { spawnSync } from 'node:child_process';
import {
  closeSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { copyLayers } from '../../../src/image/store/copy-layers.ts';
import { createImageStore } from '../../../src/image/store/image-store.ts';
import { detectStorage } from '../../../src/image/store/overlay-support.ts';
import { type LayerSystem, libcLayerSystem } from '../../../src/image/unpack/layer-system.ts';
import { writeLayer } from '../../../src/image/unpack/layer-writer.ts';
import { getExtendedAttribute, listExtendedAttributes } from '../../../src/sys/xattr.ts';
import { TarReader } from '../../../src/tar/tar-reader.ts';
import { requirements } from '../../support/cli.ts';
import { type Entry, endMarker, paxEntry, rawHeader, stream, tarOf } from '../../unit/tar/tar-fixture.ts';

const unmet = requirements({ root: true, commands: ['mount', 'umount'] });

describe.skipIf(unmet !== undefined)(`layers on the kernel${unmet ? ` (skipped: ${unmet})` : ''}`, () => {
  let base: string;
  let system: LayerSystem;
  const mounts: string[] = [];

  beforeEach(async () => {
    base = mkdtempSync(join(tmpdir(), 'tcompose-test-'));
    system = await libcLayerSystem();
  });
  afterEach(() => {
    for (const path of mounts.splice(0).reverse()) spawnSync('umount', [path]);
    rmSync(base, { recursive: true, force: true });
  });

  function mount(type: string, options: string, at: string) {
    mkdirSync(at, { recursive: true });
    const done = spawnSync('mount', ['-t', type, '-o', options, type, at], { encoding: 'utf8' });
    expect(done.stderr).toBe('');
    mounts.push(at);
  }
  async function layer(name: string, bytes: Buffer, warnings: string[] = []): Promise<string> {
    const root = join(base, name);
    mkdirSync(root);
    await writeLayer(new TarReader(stream(bytes)), root, {
      system,
      userxattr: false,
      ownership: true,
      warn: (message) => warnings.push(message),
    });
    return root;
  }
  const layerOf = async (name: string, ...entries: Entry[]) => layer(name, await tarOf(entries));
  /** Asks `read` about what is at a path. */
  function held<T>(path: string, read: (fd: number) => T): T {
    const fd = openSync(path, 'r');
    try {
      return read(fd);
    } finally {
      closeSync(fd);
    }
  }

  it('keeps owners, setuid bits, capabilities, attributes and nodes', async () => {
    const capability = Buffer.from('0100000200200000000000000000000000000000', 'hex');
    const warnings: string[] = [];
    const root = await layer(
      'one',
      Buffer.concat([
        paxEntry(
          {
            uid: '100000',
            gid: '42',
            'SCHILY.xattr.security.capability': capability,
            'SCHILY.xattr.user.note': Buffer.from([0, 255, 10]),
          },
          rawHeader('ping', { mode: '0000755\0' }),
        ),
        rawHeader('su', { mode: '0006755\0' }),
        await tarOf([
          { name: 'null', type: 'char', major: 1, minor: 3, mode: 0o666 },
          { name: 'disk', type: 'block', major: 8, minor: 300, mode: 0o660, gid: 6 },
          { name: 'pipe', type: 'fifo', mode: 0o622 },
          { name: 'link', type: 'symlink', linkName: 'su', uid: 7, gid: 8 },
        ]),
      ]),
      warnings,
    );
    expect(warnings).toEqual([]);
    const stat = (name: string) => lstatSync(join(root, name));
    expect([stat('ping').uid, stat('ping').gid, stat('su').mode & 0o7777]).toEqual([100000, 42, 0o6755]);
    expect(held(join(root, 'ping'), (fd) => getExtendedAttribute(fd, 'security.capability'))).toEqual(
      capability,
    );
    expect(held(join(root, 'ping'), (fd) => getExtendedAttribute(fd, 'user.note'))).toEqual(
      Buffer.from([0, 255, 10]),
    );
    expect(stat('null').isCharacterDevice() && stat('null').rdev).toBe(0x103);
    expect(spawnSync('stat', ['-c', '%t:%T', join(root, 'disk')], { encoding: 'utf8' }).stdout.trim()).toBe(
      '8:12c',
    );
    expect([
      stat('null').mode & 0o7777,
      stat('disk').gid,
      stat('pipe').isFIFO(),
      stat('pipe').mode & 0o7777,
    ]).toEqual([0o666, 6, true, 0o622]);
    expect([stat('link').uid, stat('link').gid, stat('link').isSymbolicLink()]).toEqual([7, 8, true]);
  });

  /** Three layers that hide, replace and merge; what should be seen of them. */
  async function stack(): Promise<string[]> {
    const lower = await layerOf(
      'lower',
      { name: 'etc/keep', data: 'keep' },
      { name: 'etc/gone', data: 'gone' },
      { name: 'dir/a', data: 'a' },
      { name: 'dir/b', data: 'b' },
      { name: 'file-to-dir', data: 'file' },
      { name: 'dir-to-file/x', data: 'x' },
      { name: 'hard', data: 'h', uid: 5 },
      { name: 'hard2', type: 'hardlink', linkName: 'hard' },
    );
    const middle = await layerOf(
      'middle',
      { name: 'etc/.wh.gone', data: '' },
      { name: 'dir/.wh..wh..opq', data: '' },
      { name: 'dir/c', data: 'c' },
      { name: 'file-to-dir/', type: 'directory', mode: 0o711 },
      { name: 'file-to-dir/y', data: 'y' },
      { name: 'dir-to-file', data: 'now a file' },
    );
    const upper = await layerOf(
      'upper',
      { name: 'etc/new', data: 'new', mode: 0o4711 },
      { name: '.wh.nothing', data: '' },
    );
    return [upper, middle, lower];
  }
  const contents = (root: string) =>
    spawnSync(
      'sh',
      [
        '-c',
        "cd \"$1\" && find . -printf '%p %y %m %U:%G %l\\n' | sort && find . -type f -exec grep -H '' {} + | sort",
        'sh',
        root,
      ],
      {
        encoding: 'utf8',
      },
    ).stdout;

  it('whiteouts and opaque directories act in a mounted overlay', async () => {
    const [upper, middle, lower] = await stack();
    const view = join(base, 'view');
    mount('overlay', `lowerdir=${upper}:${middle}:${lower}`, view);
    expect(readdirSync(view).sort()).toEqual(['dir', 'dir-to-file', 'etc', 'file-to-dir', 'hard', 'hard2']);
    expect(readdirSync(join(view, 'etc')).sort()).toEqual(['keep', 'new']);
    expect(readdirSync(join(view, 'dir'))).toEqual(['c']);
    expect(readdirSync(join(view, 'file-to-dir'))).toEqual(['y']);
    expect(readFileSync(join(view, 'dir-to-file'), 'utf8')).toBe('now a file');
  });

  it('a copy of the layers is what an overlay shows', async () => {
    const lowerDirs = await stack();
    const view = join(base, 'view');
    mount('overlay', `lowerdir=${lowerDirs.join(':')}`, view);
    const copy = join(base, 'copy');
    await copyLayers(lowerDirs, copy);
    expect(contents(copy)).toBe(contents(view));
    expect(lstatSync(join(copy, 'hard')).ino).toBe(lstatSync(join(copy, 'hard2')).ino);
    expect(held(join(copy, 'dir'), listExtendedAttributes)).toEqual([]);
  });

  it('a full disk gives one clear error and leaves nothing', async () => {
    const root = join(base, 'small');
    mount('tmpfs', 'size=1m', root);
    const open = () =>
      createImageStore({ root, release: '1', system, warn: () => {}, damaged: () => {}, now: () => 0 });
    const store = open();
    const used = () =>
      spawnSync('sh', ['-c', `find ${root}/layers ${root}/blobs ${root}/tmp ${root}/l -type f | wc -l`], {
        encoding: 'utf8',
      }).stdout.trim();
    const large = await tarOf([{ name: 'large', data: Buffer.alloc(3 * 1024 * 1024, 1) }]);
    await expect(store.importRootfs(stream(large), { reference: 'a' })).rejects.toMatchObject({
      code: 'IMAGE_NO_SPACE',
      message: expect.stringContaining('no space is left on the disk'),
      hint: expect.stringContaining('Free some space'),
    });
    expect(used()).toBe('0');
    const small = await store.importRootfs(stream(await tarOf([{ name: 'f', data: 'fits' }])), {
      reference: 'a',
    });
    expect(readFileSync(join(store.rootfs(small).lowerDirs[0]!, 'f'), 'utf8')).toBe('fits');
    await store.close();
  });

  it('tells data roots that can not hold an overlay', () => {
    expect(detectStorage(base)).toEqual({ kind: 'overlay', userxattr: false });
    for (const name of ['low', 'up', 'work']) mkdirSync(join(base, name));
    const at = join(base, 'over');
    mount('overlay', `lowerdir=${base}/low,upperdir=${base}/up,workdir=${base}/work`, at);
    expect(detectStorage(at)).toMatchObject({ kind: 'copy', reason: expect.stringContaining('overlayfs') });
  });

  it('takes an archive of nothing but the end marker for an empty layer', async () => {
    expect(readdirSync(await layer('empty', endMarker))).toEqual([]);
  });
});
