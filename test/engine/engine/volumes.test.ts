import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { needs } from '../../support/abilities.ts';
import { startTestEngine, type TestEngine, until, whyNoEngine } from '../../support/engine.ts';
import { ownedFiles } from '../../support/owned-files.ts';
import { tarOf } from '../../unit/tar/tar-fixture.ts';

const why = whyNoEngine();
if (why) console.log(`skipped: ${why}`);

const files = 400;

describe.skipIf(why)('a volume', () => {
  let engine: TestEngine;
  const own = ownedFiles(() => engine);
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
    expect(own.list(directory)).toHaveLength(files + 1);
    const stat = (name: string) => own.stat(join(directory, name));
    expect(stat('')).toMatchObject({ mode: 0o2750, uid: 33, gid: 44 });
    expect([stat('file-7').uid, stat('second-name').inode]).toEqual([33, stat('file-0').inode]);
  };

  it('is filled once and whole, however many containers come with it at once', async (context) => {
    await needs(engine, 'ids', context);
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

  it('that a crash left half filled is filled again, by a create and by a start', async (context) => {
    await needs(engine, 'ids', context);
    const mark = (volume: string) => join(engine.root, 'lib/volumes', volume, 'filling');
    await create('half', 'half');
    for (const again of ['create', 'start']) {
      await engine.api('POST', '/volumes/create', { Name: 'half' });
      own.remove(
        own
          .list(data('half'))
          .slice(5)
          .map((name) => join(data('half'), name)),
      );
      own.write(join(data('half'), 'file-3'), 'cut');
      writeFileSync(mark('half'), '');
      if (again === 'create') expect((await create('half-2', 'half')).status).toBe(201);
      // It has no program to run; its volume is seen to before that.
      else await engine.api('POST', '/containers/half/start');
      expectWhole(data('half'));
      expect([existsSync(mark('half')), own.read(join(data('half'), 'file-3'))]).toEqual([false, '3']);
    }
  });

  it('is left alone by a start when somebody emptied it', async () => {
    await create('emptied', 'emptied');
    own.remove(own.list(data('emptied')).map((name) => join(data('emptied'), name)));
    await engine.api('POST', '/containers/emptied/start');
    expect(own.list(data('emptied'))).toEqual([]);
  });

  it('that is a directory of the host takes the image’s content, too, while that is empty', async (context) => {
    await needs(engine, 'ids', context);
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

  it('cannot be removed or pruned while a container is made that uses it', async () => {
    const creating = create('claims', 'claimed');
    await until(async () => (await engine.api('GET', '/volumes/claimed')).status === 200, 'the volume');
    const all = encodeURIComponent('{"all":["1"]}');
    const [removed, pruned] = await Promise.all([
      engine.api('DELETE', '/volumes/claimed'),
      engine.api<{ VolumesDeleted: string[] }>('POST', `/volumes/prune?filters=${all}`),
    ]);
    expect(removed.status).toBe(409);
    expect(pruned.json.VolumesDeleted).not.toContain('claimed');
    const created = await creating;
    expect(created.status, created.text).toBe(201);
    expect(existsSync(data('claimed'))).toBe(true);
    expect((await engine.api('DELETE', '/containers/claims')).status).toBe(204);
    expect((await engine.api('DELETE', '/volumes/claimed')).status).toBe(204);
  });

  it('without a name is anonymous, and goes when what is unused is pruned', async () => {
    const made = await engine.api<{ Name: string; Labels: object }>('POST', '/volumes/create', {});
    expect(made.json.Labels).toEqual({ 'com.docker.volume.anonymous': '' });
    const pruned = await engine.api<{ VolumesDeleted: string[] }>('POST', '/volumes/prune');
    expect(pruned.json.VolumesDeleted).toContain(made.json.Name);
    expect((await engine.api('GET', '/volumes/emptied')).status).toBe(200);
  });

  it('of another directory or file system is neither pruned nor counted', async () => {
    const elsewhere = {
      memory2: { type: 'tmpfs', device: 'tmpfs', o: 'size=1m' },
      nowhere: { type: 'none', device: '/nonexistent', o: 'bind' },
      remote: { type: 'nfs', device: ':/x', o: 'addr=192.0.2.1' },
    };
    const Labels = { where: 'elsewhere' };
    for (const [Name, DriverOpts] of Object.entries({ here: undefined, ...elsewhere }))
      expect((await engine.api('POST', '/volumes/create', { Name, DriverOpts, Labels })).status).toBe(201);
    const { json: usage } = await engine.api<{ Volumes: { Name: string; UsageData: { Size: number } }[] }>(
      'GET',
      '/system/df?type=volume',
    );
    const filters = encodeURIComponent('{"all":["true"],"label":["where=elsewhere"]}');
    const { json } = await engine.api<{ VolumesDeleted: string[] }>(
      'POST',
      `/volumes/prune?filters=${filters}`,
    );
    expect(json.VolumesDeleted).toEqual(['here']);
    for (const name of Object.keys(elsewhere)) {
      expect(usage.Volumes.find(({ Name }) => Name === name)?.UsageData.Size).toBe(-1);
      expect((await engine.api('DELETE', `/volumes/${name}`)).status).toBe(204);
    }
  });

  it('with a file system of its own is mounted for as long as a container uses it', async (context) => {
    await needs(engine, 'ids', context);
    const DriverOpts = { type: 'tmpfs', device: 'tmpfs', o: 'size=1m,uid=1000,mode=750,noexec' };
    await engine.api('POST', '/volumes/create', { Name: 'memory', DriverOpts });
    const mounts = () => own.mounts().filter((line) => line.includes(data('memory')));
    const run = async (name: string, script: string) => {
      const created = await engine.api('POST', `/containers/create?name=${name}`, {
        Image: 'tcompose/host',
        Cmd: ['sh', '-c', `${script}; echo said; exec sleep 300`],
        HostConfig: { NetworkMode: 'none', Binds: ['memory:/memory'] },
      });
      expect(created.status, created.text).toBe(201);
      const started = await engine.api('POST', `/containers/${name}/start`);
      expect(started.status, started.text).toBe(204);
      const log = async () => (await engine.api('GET', `/containers/${name}/logs?stdout=1&stderr=1`)).text;
      await until(async () => (await log()).includes('said'), 'the container to have spoken');
      return log();
    };
    expect(mounts()).toEqual([]);
    const first = await run('writes', 'stat -c %u:%a /memory; df -k /memory; echo shared > /memory/file');
    expect(first).toContain('1000:750');
    expect(first).toMatch(/ 1024 /);
    expect(mounts()).toEqual([expect.stringContaining('noexec')]);
    expect(await run('reads', 'cat /memory/file')).toContain('shared');
    process.kill(await engine.enginePid(), 'SIGKILL');
    await engine.retry('POST', '/containers/writes/kill');
    expect(await run('later', 'cat /memory/file')).toContain('shared');
    for (const name of ['reads', 'later']) await engine.api('POST', `/containers/${name}/kill`);
    await until(async () => mounts().length === 0, 'the volume to be unmounted');
    expect(await listed('writes', '/memory')).toEqual([]);
    expect(await run('anew', 'ls -A /memory')).not.toContain('file');
    expect((await engine.api('DELETE', '/containers/anew?force=1')).status).toBe(204);
    await until(async () => mounts().length === 0, 'the volume to be unmounted again');
  });

  it.each([
    [{ type: 'tmpfs' }, 'missing required option: "device"'],
    [{ device: 'tmpfs' }, 'missing required option: "type"'],
    [{ o: 'bind', type: 'none', device: 'relative' }, 'must be an absolute path'],
    [{ size: '1m' }, 'quota'],
    [{ colour: 'red' }, 'invalid option: "colour"'],
  ])('of the options %j is refused', async (DriverOpts, message) => {
    const answer = await engine.api('POST', '/volumes/create', { Name: 'wrong', DriverOpts });
    expect([answer.status, answer.text]).toEqual([
      400,
      expect.stringContaining(JSON.stringify(message).slice(1, -1)),
    ]);
  });

  it('that cannot be mounted says so at the start, and leaves nothing', async () => {
    for (const [type, o, said] of [
      ['nosuchfs', '', 'does not support the file system'],
      ['tmpfs', 'colour=red', 'colour'],
    ] as const) {
      const DriverOpts = { type, device: 'x', o };
      await engine.api('POST', '/volumes/create', { Name: `no-${type}`, DriverOpts });
      const created = await create(`with-${type}`, `no-${type}`);
      const answer =
        created.status === 201 ? await engine.api('POST', `/containers/with-${type}/start`) : created;
      expect(answer.status).toBe(400);
      expect(answer.text).toContain('failed to mount local volume');
      expect(answer.text).toContain(said);
    }
  });

  it('is not emptied with what is mounted in it', async () => {
    const kept = join(engine.root, 'kept');
    mkdirSync(kept);
    writeFileSync(join(kept, 'file'), 'kept');
    await engine.api('POST', '/volumes/create', { Name: 'around' });
    const inner = join(data('around'), 'inner');
    mkdirSync(inner);
    expect(engine.shell('mount --bind "$1" "$2"', [kept, inner]).status).toBe(0);
    expect((await engine.api('DELETE', '/volumes/around')).status).toBe(204);
    await until(async () => engine.log().includes('mounted'), 'the engine to tell of it');
    expect(readFileSync(join(kept, 'file'), 'utf8')).toBe('kept');
    const where = own.mounts().find((line) => line.includes('around'));
    expect(engine.shell('umount "$1"', [where!.split(' ')[4]!]).status).toBe(0);
  });

  const listed = async (container: string, path: string): Promise<string[]> => {
    const answer = await engine.api('GET', `/containers/${container}/archive?path=${path}/.`);
    return [...answer.text.matchAll(/file/g)].map(String);
  };
});
