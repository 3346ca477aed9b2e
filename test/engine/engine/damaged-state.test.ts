import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ContainerInspect, ContainerSummary } from '../../../src/engine/api/container.ts';
import type { EngineStatus } from '../../../src/engine/api/engine.ts';
import { packBusybox, staticBusybox } from '../../support/busybox.ts';
import { alive, startTestEngine, type TestEngine, until, whyNoEngine } from '../../support/engine.ts';

const why = whyNoEngine();
if (why) console.log(`skipped: ${why}`);
const busybox = staticBusybox();
if (busybox === undefined) console.log('without a static busybox no image is made: its records are left out');

/** What may become of a file; `otherVersion` turns every version in it into one of the future. */
const damages: Readonly<Record<string, (path: string) => void>> = {
  missing: (path) => rmSync(path),
  empty: (path) => writeFileSync(path, ''),
  truncated: (path) => {
    const text = readFileSync(path);
    writeFileSync(path, text.subarray(0, Math.floor(text.length / 3)));
  },
  garbage: (path) =>
    writeFileSync(path, Buffer.from(Array.from({ length: 300 }, (_, at) => (at * 37) % 256))),
  'a directory': (path) => {
    rmSync(path);
    mkdirSync(path);
  },
  'of another version': (path) => {
    const text = readFileSync(path, 'utf8');
    writeFileSync(
      path,
      text.replaceAll('"version":1', '"version":9').replaceAll('"version": 1', '"version": 9'),
    );
  },
  null: (path) => writeFileSync(path, 'null\n'),
  'other JSON': (path) => writeFileSync(path, '{"version":1,"state":5,"record":[],"mounts":[null]}\n'),
};

describe.skipIf(why)('an engine that finds a file of state', () => {
  let engine: TestEngine;
  let ids: { readonly up: string; readonly down: string; readonly network: string };
  let pid = 0;

  const make = async (name: string, Cmd: string[], more = {}): Promise<string> => {
    const created = await engine.api<{ Id: string }>('POST', `/containers/create?name=${name}`, {
      Image: 'tcompose/host',
      Cmd,
      HostConfig: { NetworkMode: 'net', PortBindings: { '80/tcp': [{ HostPort: '' }] }, Binds: ['vol:/vol'] },
      ...more,
    });
    expect(created.status).toBe(201);
    expect((await engine.api('POST', `/containers/${name}/start`)).status).toBe(204);
    return created.json.Id;
  };
  const inspect = async (name: string): Promise<ContainerInspect> =>
    (await engine.retry<ContainerInspect>('GET', `/containers/${name}/json`)).json;

  beforeAll(async () => {
    engine = await startTestEngine();
    const network = await engine.api<{ Id: string }>('POST', '/networks/create', { Name: 'net' });
    if (busybox !== undefined) {
      const rootfs = readFileSync(packBusybox(busybox, engine.root));
      await engine.api('POST', '/images/create?fromSrc=-&repo=small', rootfs);
    }
    const up = await make('up', ['sleep', '600']);
    const down = await make('down', ['true']);
    await engine.api('POST', '/containers/down/wait');
    ids = { up, down, network: network.json.Id };
    pid = (await inspect('up')).State.Pid;
  });
  afterAll(async () => {
    expect(await engine.stop()).toEqual([]);
  });

  const lib = (...parts: string[]): string => join(engine.root, 'lib', ...parts);
  const run = (...parts: string[]): string => join(engine.root, 'run', ...parts);
  const files: Readonly<Record<string, () => string>> = {
    format: () => lib('format'),
    instance: () => lib('instance'),
    'copy of the instance': () => run('copies', 'instance'),
    boot: () => lib('boot'),
    'events.log': () => lib('events.log'),
    'config.json of what runs': () => lib('containers', ids.up, 'config.json'),
    'state.json of what runs': () => lib('containers', ids.up, 'state.json'),
    'spec.json of what runs': () => run('c', ids.up, 'spec.json'),
    'config.json of what ended': () => lib('containers', ids.down, 'config.json'),
    'state.json of what ended': () => lib('containers', ids.down, 'state.json'),
    'record of a network': () => lib('networks', `${ids.network}.json`),
    'copy of a network': () => run('copies', `${ids.network}.json`),
    'record of a volume': () => lib('volumes', 'vol', 'meta.json'),
    'copy of a volume': () => lib('volumes', 'vol', 'copy.json'),
    'record of tcompose/host': () =>
      lib('host', readdirSync(lib('host')).find((name) => name.endsWith('.json'))!),
    ...(busybox === undefined
      ? {}
      : {
          tags: () => lib('images', 'tags.json'),
          'record of an image': () =>
            lib('images', readdirSync(lib('images')).find((name) => /^[0-9a-f]{64}\.json$/.test(name))!),
          'layer.json': () => lib('layers', readdirSync(lib('layers'))[0]!, 'layer.json'),
        }),
  };

  /** Files whose damage at one moment does not hide one another: no file with what would make it whole again. */
  const groups: readonly (readonly string[])[] = [
    [
      'format',
      'layer.json',
      'events.log',
      'tags',
      'config.json of what ended',
      'copy of a network',
      'record of a volume',
      'state.json of what runs',
    ],
    ['instance', 'boot', 'record of an image', 'state.json of what ended', 'spec.json of what runs'],
    ['copy of the instance', 'config.json of what runs', 'record of a network', 'copy of a volume'],
    ['record of tcompose/host'],
  ];
  const cells = groups.flatMap((group) => Object.keys(damages).map((damage) => [group, damage] as const));

  it('is asked of every file', () => {
    expect(
      groups
        .flat()
        .filter((file) => files[file] !== undefined)
        .sort(),
    ).toEqual(Object.keys(files).sort());
  });

  it.each(cells)('%j %s serves, and what runs goes on', async (group, damage) => {
    const paths = group.flatMap((file) => files[file]?.() ?? []);
    const whole = paths.map((path) => readFileSync(path));
    for (const path of paths) damages[damage]!(path);
    process.kill(await engine.enginePid(), 'SIGKILL');
    const list = await engine.retry<ContainerSummary[]>('GET', '/containers/json?all=1');
    expect(list.json.map(({ Id, Names }) => [Id, Names[0]])).toEqual(
      expect.arrayContaining([
        [ids.up, '/up'],
        [ids.down, '/down'],
      ]),
    );
    expect(alive(pid)).toBe(true);
    const state = await inspect('up');
    expect(state.State).toMatchObject({ Status: 'running', Pid: pid });
    expect(state.NetworkSettings.Networks.net?.IPAddress).toMatch(/^\d/);
    expect(state.NetworkSettings.Ports['80/tcp']?.[0]?.HostPort).toMatch(/^\d+$/);
    expect((await inspect('down')).State.Status).toBe('exited');
    // The next damage is done to whole files again.
    paths.forEach((path, at) => {
      rmSync(path, { recursive: true, force: true });
      writeFileSync(path, whole[at]!);
    });
  });

  it('damaged whose other half is damaged too shows the container, which can be stopped and removed', async () => {
    for (const id of [ids.up, ids.down]) {
      writeFileSync(lib('containers', id, 'config.json'), '');
      writeFileSync(lib('containers', id, 'state.json'), '');
    }
    process.kill(await engine.enginePid(), 'SIGKILL');
    const names = [ids.up, ids.down].map((id) => `damaged_${id.slice(0, 12)}`);
    expect((await inspect(ids.up)).State).toMatchObject({ Status: 'running', Pid: pid });
    expect((await inspect(ids.down)).State).toMatchObject({ Status: 'exited' });
    const list = await engine.api<ContainerSummary[]>('GET', '/containers/json?all=1');
    expect(list.json.map(({ Names }) => Names[0]).sort()).toEqual(names.map((name) => `/${name}`).sort());
    const status = await engine.api<EngineStatus>('GET', '/tcompose/status');
    expect(status.json.damaged.map(({ file }) => file)).toEqual(
      expect.arrayContaining([ids.up, ids.down].map((id) => lib('containers', id, 'config.json'))),
    );
    expect(status.json.damaged[0]!.remedy).toContain('tcompose container rm -f damaged_');

    const start = await engine.api<{ code: string; hint: string }>('POST', `/containers/${names[1]}/start`);
    expect(start.status).toBeGreaterThanOrEqual(400);
    expect(start.json).toMatchObject({
      code: 'ENGINE_STATE_CORRUPT',
      hint: expect.stringContaining('rm -f'),
    });
    expect((await engine.api('POST', `/containers/${names[0]}/stop?t=1`)).status).toBe(204);
    await until(async () => !alive(pid), 'the container to end');
    for (const name of names) expect((await engine.api('DELETE', `/containers/${name}`)).status).toBe(204);
    for (const id of [ids.up, ids.down]) {
      await until(async () => !existsSync(lib('containers', id)), 'the directory to go');
    }
    expect((await engine.api<EngineStatus>('GET', '/tcompose/status')).json.damaged).toEqual([]);
  });

  it('of a volume gone for good keeps its data, and a volume without data is no volume', async () => {
    for (const name of ['kept', 'empty']) {
      await engine.api('POST', '/volumes/create', { Name: name, Labels: { mine: 'yes' } });
      for (const file of ['meta.json', 'copy.json']) rmSync(lib('volumes', name, file));
    }
    writeFileSync(lib('volumes', 'kept', '_data', 'precious'), 'data');
    process.kill(await engine.enginePid(), 'SIGKILL');
    const kept = await engine.retry<{ Mountpoint: string; Labels: null }>('GET', '/volumes/kept');
    expect(kept.json.Labels).toBeNull();
    expect(readFileSync(join(kept.json.Mountpoint, 'precious'), 'utf8')).toBe('data');
    expect((await engine.api('GET', '/volumes/empty')).status).toBe(404);
    const damaged = async () => (await engine.api<EngineStatus>('GET', '/tcompose/status')).json.damaged;
    expect(await damaged()).toMatchObject([{ file: lib('volumes', 'kept', 'meta.json') }]);
    expect((await engine.api('DELETE', '/volumes/kept')).status).toBe(204);
    expect(await damaged()).toEqual([]);
  });

  it('of a network gone for good goes on without the network', async () => {
    const id = await make('alone', ['sleep', '600']);
    const before = (await inspect('alone')).State.Pid;
    writeFileSync(lib('networks', `${ids.network}.json`), 'x');
    rmSync(run('copies', `${ids.network}.json`));
    process.kill(await engine.enginePid(), 'SIGKILL');
    expect((await inspect(id)).State).toMatchObject({ Status: 'running', Pid: before });
    const status = await engine.api<EngineStatus>('GET', '/tcompose/status');
    expect(status.json.damaged).toMatchObject([{ file: lib('networks', `${ids.network}.json`) }]);
    expect((await engine.api('POST', '/containers/alone/stop?t=0')).status).toBe(204);
    // The name is free for a new one.
    expect((await engine.api('POST', '/networks/create', { Name: 'net' })).status).toBe(201);
  });
});
