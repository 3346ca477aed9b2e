import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SyncResponse, UnsyncResponse } from '../../../src/engine/api/sync.ts';
import { encodeEntry, endOfArchive, type NewTarEntry, paddingOf } from '../../../src/tar/encode-entry.ts';
import { needs } from '../../support/abilities.ts';
import { packBusybox, staticBusybox } from '../../support/busybox.ts';
import { entering, startTestEngine, type TestEngine, until, whyNoEngine } from '../../support/engine.ts';

const why = whyNoEngine() ?? (staticBusybox() === undefined ? 'no static busybox' : undefined);
if (why) console.log(`skipped: ${why}`);

type Entry = Omit<NewTarEntry, 'size' | 'mode'> & { readonly mode?: number; readonly content?: string };
const tar = (...entries: readonly Entry[]): Buffer =>
  Buffer.concat([
    ...entries.flatMap(({ content = '', mode = 0o644, ...entry }) => {
      const data = Buffer.from(content);
      return [encodeEntry({ ...entry, mode, size: data.length }), data, paddingOf(data.length)];
    }),
    endOfArchive,
  ]);
/** Programs that the image has no links for. */
const applets = ['ln', 'chown', 'readlink', 'grep']
  .map((name) => `${name}() { busybox ${name} "$@"; }; `)
  .join('');
const file = (name: string, content: string, mode = 0o644): Entry => ({ type: 'file', name, content, mode });

describe.skipIf(why)('what is synced into a container', () => {
  let engine: TestEngine;
  beforeAll(async () => {
    engine = await startTestEngine();
    const rootfs = readFileSync(packBusybox(staticBusybox()!, engine.root));
    const loaded = await engine.api('POST', '/images/create?fromSrc=-&repo=bb', rootfs);
    expect(loaded.status).toBe(200);
  });
  afterAll(async () => {
    expect(await engine.stop()).toEqual([]);
  });

  const create = async (name: string, script: string, more: object = {}, host: object = {}) => {
    const answer = await engine.api('POST', `/containers/create?name=${name}`, {
      Image: 'bb',
      Cmd: ['/bin/sh', '-c', script],
      HostConfig: { NetworkMode: 'none', ...host },
      ...more,
    });
    expect(answer.status).toBe(201);
  };
  const start = async (name: string) =>
    expect((await engine.api('POST', `/containers/${name}/start`)).status).toBe(204);
  const sync = async (name: string, body: Buffer) => {
    const answer = await engine.api<SyncResponse>('POST', `/tcompose/containers/${name}/sync`, body);
    expect(answer.status).toBe(200);
    return answer.json;
  };
  const unsync = async (name: string, paths: object) => {
    const answer = await engine.api<UnsyncResponse>('POST', `/tcompose/containers/${name}/unsync`, { paths });
    expect(answer.status).toBe(200);
    return answer.json;
  };
  const inside = (name: string, script: string) => {
    const [program = '', ...flags] = entering(pids.get(name)!, ['-m', '-r']);
    const { stdout, stderr } = spawnSync(program, [...flags, '/bin/sh', '-c', applets + script], {
      encoding: 'utf8',
    });
    return stdout + stderr;
  };
  const pids = new Map<string, number>();
  const run = async (name: string, more: object = {}, host: object = {}) => {
    await create(name, 'exec sleep 600', more, host);
    await start(name);
    const { json } = await engine.api<{ State: { Pid: number } }>('GET', `/containers/${name}/json`);
    pids.set(name, json.State.Pid);
  };

  it('is there as a whole, with directories made on the way, and again is unchanged', async () => {
    await run('sa');
    const body = tar({ type: 'directory', name: 'app/sub', mode: 0o750 }, file('app/sub/x', 'one', 0o640), {
      type: 'symlink',
      name: 'app/l',
      linkName: 'sub/x',
    });
    expect(await sync('sa', body)).toEqual({ written: 3, unchanged: 0, problems: [] });
    expect(inside('sa', 'cat /app/l; stat -c "%a %u:%g" /app /app/sub /app/sub/x')).toBe(
      'one755 0:0\n750 0:0\n640 0:0\n',
    );
    expect(await sync('sa', body)).toEqual({ written: 0, unchanged: 3, problems: [] });
    expect(await sync('sa', tar(file('app/sub/x', 'one', 0o755)))).toMatchObject({ written: 1 });
    expect(inside('sa', 'stat -c %a /app/sub/x; ls -A /app/sub')).toBe('755\nx\n');
  });

  it('belongs to whom the container runs as; what was there keeps its owner', async (context) => {
    await needs(engine, 'ids', context);
    await run('sb', { User: '1000:1001' });
    inside('sb', 'mkdir /app; echo old > /app/kept; chown 7:8 /app/kept');
    await sync('sb', tar(file('app/kept', 'new'), file('app/d/new', 'x')));
    expect(inside('sb', 'cat /app/kept; stat -c "%u:%g" /app/kept /app/d /app/d/new')).toBe(
      'new7:8\n1000:1001\n1000:1001\n',
    );
  });

  it('takes the place of a directory, and a directory that of a file', async () => {
    await run('sc');
    inside('sc', 'mkdir -p /app/x/y; echo 1 > /app/x/y/z; echo 1 > /app/f');
    expect(
      await sync(
        'sc',
        tar(
          file('app/x', 'now a file'),
          { type: 'directory', name: 'app/f', mode: 0o755 },
          file('app/f/in', '2'),
        ),
      ),
    ).toMatchObject({ problems: [] });
    expect(inside('sc', 'cat /app/x /app/f/in')).toBe('now a file2');
  });

  it('goes where links of the image lead, and never out of it', async () => {
    await run('sd');
    inside('sd', 'mkdir -p /real; ln -s /real /app; ln -s ../../../../../../etc /up; ln -s loop /loop');
    const { problems } = await sync(
      'sd',
      tar(
        { type: 'directory', name: 'app', mode: 0o755 },
        file('app/x', '1'),
        file('up/of-the-container', '2'),
        file('loop/x', '3'),
        file('last', '4'),
      ),
    );
    expect(problems.map(({ path }) => path)).toEqual(['/loop/x']);
    expect(inside('sd', 'cat /real/x /etc/of-the-container /last; readlink /app')).toBe('124/real\n');
    expect(spawnSync('ls', ['/etc/of-the-container']).status).not.toBe(0);
  });

  it('is taken away again, but for what the container put beside it', async () => {
    await run('se');
    await sync('se', tar(file('app/d/x', '1'), file('app/d/y', '1'), file('app/g/z', '1')));
    inside('se', 'echo own > /app/d/own');
    const { removed, problems } = await unsync('se', [
      { path: '/app/g/z' },
      { path: '/app/g', directory: true },
      { path: '/app/d/y' },
      { path: '/app/d/x' },
      { path: '/app/d', directory: true },
      { path: '/app/never' },
    ]);
    expect([removed, problems]).toEqual([4, []]);
    expect(inside('se', 'ls -A /app /app/d')).toBe('/app:\nd\n\n/app/d:\nown\n');
  });

  it('comes into a container that has not started yet, and into one that has ended', async () => {
    await create('sf', 'cat /app/x');
    await sync('sf', tar(file('app/x', 'first')));
    const ran = async () => {
      await start('sf');
      await until(async () => {
        const { json } = await engine.api<{ State: { Status: string } }>('GET', '/containers/sf/json');
        return json.State.Status === 'exited';
      }, 'the end');
      return (await engine.api('GET', '/containers/sf/logs?stdout=1')).text.replace(/[^a-z]/g, '');
    };
    expect(await ran()).toBe('first');
    await sync('sf', tar(file('app/x', 'second')));
    expect(await ran()).toBe('firstsecond');
  });

  it('comes into a container that is paused', async (context) => {
    await needs(engine, 'limits', context);
    await run('sg');
    await engine.api('POST', '/containers/sg/pause');
    expect(await sync('sg', tar(file('x', 'paused')))).toMatchObject({ written: 1 });
    await engine.api('POST', '/containers/sg/unpause');
    expect(inside('sg', 'cat /x')).toBe('paused');
  });

  it('does not come into a read-only root, but into its volumes; the sentence says so', async () => {
    await run('sh', {}, { ReadonlyRootfs: true, Tmpfs: { '/tmp': '' } });
    const { written, problems } = await sync('sh', tar(file('x', '1'), file('tmp/x', '2')));
    expect(written).toBe(1);
    expect(problems).toEqual([{ path: '/x', message: expect.stringContaining('read-only file system') }]);
    expect(inside('sh', 'cat /tmp/x')).toBe('2');
  });

  it('is refused as a whole when it is damaged, and the engine goes on', async () => {
    await run('si');
    const whole = tar(file('x', 'content'), file('y', 'content'));
    const { status } = await engine.api('POST', '/tcompose/containers/si/sync', whole.subarray(0, 515));
    expect(status).toBe(400);
    expect(await sync('si', whole)).toMatchObject({ problems: [] });
    expect(inside('si', 'cat /x; ls -A / | grep -c tcompose-sync')).toBe('content0\n');
  });
});
