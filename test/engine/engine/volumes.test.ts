import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  unlinkSync as rmFile,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestEngine, type TestEngine, whyNoEngine } from '../../support/engine.ts';
import { tarOf } from '../../unit/tar/tar-fixture.ts';

const why = whyNoEngine();
if (why) console.log(`skipped: ${why}`);

const files = 400;

describe.skipIf(why)('a volume', () => {
  let engine: TestEngine;
  beforeAll(async () => {
    engine = await startTestEngine();
    const image = tarOf([
      { name: 'seed/', type: 'directory', mode: 0o2750, uid: 33, gid: 44 },
      ...Array.from({ length: files }, (_, at) => ({ name: `seed/file-${at}`, data: `${at}`, uid: 33 })),
      { name: 'seed/second-name', type: 'hardlink', linkName: 'seed/file-0' },
    ]);
    expect((await engine.api('POST', '/images/create?fromSrc=-&repo=seed', image)).status).toBe(200);
  });
  afterAll(async () => {
    expect(await engine.stop()).toEqual([]);
  });

  const create = (name: string, volume: string) =>
    engine.retry('POST', `/containers/create?name=${name}`, {
      Image: 'seed',
      Cmd: ['x'],
      HostConfig: { Binds: [`${volume}:/seed`] },
    });
  const data = (volume: string) => join(engine.root, 'lib/volumes', volume, '_data');
  const expectWhole = (directory: string) => {
    expect(readdirSync(directory)).toHaveLength(files + 1);
    const stat = (name: string) => lstatSync(join(directory, name));
    expect([stat('').mode & 0o7777, stat('').uid, stat('').gid]).toEqual([0o2750, 33, 44]);
    expect([stat('file-7').uid, stat('second-name').ino]).toEqual([33, stat('file-0').ino]);
  };

  it('is filled once and whole, however many containers come with it at once', async () => {
    const made = await Promise.all(
      Array.from({ length: 6 }, async (_, at) => {
        const answer = await create(`together-${at}`, 'together');
        // Whoever is answered finds all of it.
        expectWhole(data('together'));
        return answer.status;
      }),
    );
    expect(made).toEqual([201, 201, 201, 201, 201, 201]);
  });

  it('that a crash left half filled is filled again, by a create and by a start', async () => {
    const mark = (volume: string) => join(engine.root, 'lib/volumes', volume, 'filling');
    await create('half', 'half');
    for (const again of ['create', 'start']) {
      await engine.api('POST', '/volumes/create', { Name: 'half' });
      for (const name of readdirSync(data('half')).slice(5)) rmFile(join(data('half'), name));
      writeFileSync(join(data('half'), 'file-3'), 'cut');
      writeFileSync(mark('half'), '');
      if (again === 'create') expect((await create('half-2', 'half')).status).toBe(201);
      // It has no program to run; its volume is seen to before that.
      else await engine.api('POST', '/containers/half/start');
      expectWhole(data('half'));
      expect([existsSync(mark('half')), readFileSync(join(data('half'), 'file-3'), 'utf8')]).toEqual([
        false,
        '3',
      ]);
    }
  });

  it('is left alone by a start when somebody emptied it', async () => {
    await create('emptied', 'emptied');
    for (const name of readdirSync(data('emptied'))) rmFile(join(data('emptied'), name));
    await engine.api('POST', '/containers/emptied/start');
    expect(readdirSync(data('emptied'))).toEqual([]);
  });

  it('that is a directory of the host takes the image’s content, too, while that is empty', async () => {
    for (const [name, before] of [
      ['empty', []],
      ['full', ['mine']],
    ] as const) {
      const device = join(engine.root, name);
      mkdirSync(device);
      for (const file of before) writeFileSync(join(device, file), 'mine');
      const DriverOpts = { type: 'none', o: 'bind', device };
      expect((await engine.api('POST', '/volumes/create', { Name: name, DriverOpts })).status).toBe(201);
      expect((await create(`bound-${name}`, name)).status).toBe(201);
      if (name === 'empty') expectWhole(device);
      else expect(readdirSync(device)).toEqual(['mine']);
    }
  });

  it('can be made again by name while the one before is deleted', async () => {
    for (let round = 0; round < 20; round++) {
      await engine.api('POST', '/volumes/create', { Name: 'again' });
      const directory = data('again');
      for (let file = 0; file < 50; file++) writeFileSync(join(directory, `f${file}`), '');
      const answers = await Promise.all([
        engine.api('DELETE', '/volumes/again'),
        engine.api('POST', '/volumes/create', { Name: 'again' }),
      ]);
      expect(answers.map(({ status }) => status)).toEqual([204, 201]);
      const there = await engine.api('GET', '/volumes/again');
      if (there.status === 200) expect(readdirSync(directory)).toEqual([]);
      else expect(existsSync(directory)).toBe(false);
    }
  });

  it('without a name is anonymous, and goes when what is unused is pruned', async () => {
    const made = await engine.api<{ Name: string; Labels: object }>('POST', '/volumes/create', {});
    expect(made.json.Labels).toEqual({ 'com.docker.volume.anonymous': '' });
    const pruned = await engine.api<{ VolumesDeleted: string[] }>('POST', '/volumes/prune');
    expect(pruned.json.VolumesDeleted).toContain(made.json.Name);
    expect((await engine.api('GET', '/volumes/emptied')).status).toBe(200);
  });
});
