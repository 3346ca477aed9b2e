import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ContainerInspect } from '../../../src/engine/api/container.ts';
import { startTestEngine, type TestEngine, whyNoEngine } from '../../support/engine.ts';
import { tarOf } from '../../unit/tar/tar-fixture.ts';

const why = whyNoEngine();
if (why) console.log(`skipped: ${why}`);

describe.skipIf(why)('an image that a container mounts', () => {
  let engine: TestEngine;
  let ids: { one: string; two: string };
  beforeAll(async () => {
    engine = await startTestEngine();
    const first = tarOf([
      { name: 'data/', type: 'directory' },
      { name: 'data/kept', data: 'from one' },
      { name: 'data/changed', data: 'from one' },
      { name: 'out', type: 'symlink', linkName: '../../../../../nowhere' },
      { name: 'links/', type: 'directory' },
      { name: 'links/absolute', type: 'symlink', linkName: '/data' },
      { name: 'links/up', type: 'symlink', linkName: '../../../links/absolute' },
      { name: 'links/etc', type: 'symlink', linkName: '/etc' },
    ]);
    expect((await engine.api('POST', '/images/create?fromSrc=-&repo=one', first)).status).toBe(200);
    await engine.api('POST', '/containers/create?name=maker', { Image: 'one', Cmd: ['x'] });
    const second = tarOf([{ name: 'changed', data: 'from two' }]);
    expect((await engine.api('PUT', '/containers/maker/archive?path=/data', second)).status).toBe(200);
    expect((await engine.api('POST', '/commit?container=maker&repo=two')).status).toBe(201);
    await engine.api('DELETE', '/containers/maker');
    const id = async (name: string) =>
      (await engine.api<{ Id: string }>('GET', `/images/${name}/json`)).json.Id;
    ids = { one: await id('one'), two: await id('two') };
  });
  afterAll(async () => {
    expect(await engine.stop()).toEqual([]);
  });

  const create = (name: string, mounts: readonly object[], script: string) =>
    engine.api(`POST`, `/containers/create?name=${name}`, {
      Image: 'tcompose/host',
      Cmd: ['sh', '-c', script],
      HostConfig: { NetworkMode: 'none', Mounts: mounts },
    });
  const image = (Source: string, Target: string, Subpath?: string) => ({
    Type: 'image',
    Source,
    Target,
    ...(Subpath === undefined ? {} : { ImageOptions: { Subpath } }),
  });
  const run = async (name: string, mounts: readonly object[], script: string): Promise<string> => {
    const created = await create(name, mounts, script);
    expect(created.status, created.text).toBe(201);
    const started = await engine.api('POST', `/containers/${name}/start`);
    expect(started.status, started.text).toBe(204);
    await engine.api('POST', `/containers/${name}/wait`);
    return (await engine.api('GET', `/containers/${name}/logs?stdout=1&stderr=1`)).text;
  };

  it('is seen whole or in part, merged, read-only, without what the engine puts into a root', async () => {
    const mounts = [image('one', '/img/one'), image('two', '/img/two'), image('two', '/img/part', 'data')];
    const script = [
      'for f in one/data two/data part; do cat /img/$f/kept /img/$f/changed; echo; done',
      'ls -A /img/one',
      'touch /img/two/new || touch /img/part/kept || echo read-only',
    ].join('; ');
    const log = await run('seen', mounts, script);
    expect(log).toContain('from onefrom one');
    expect(log.match(/from onefrom two/g)).toHaveLength(2);
    expect(log).toContain('Read-only file system');
    expect(log).toContain('read-only');
    expect(log).not.toContain('.dockerenv');
    const { json: body } = await engine.api<ContainerInspect>('GET', '/containers/seen/json');
    expect(body.Mounts).toHaveLength(3);
    expect(body.Mounts).toContainEqual(
      expect.objectContaining({ Type: 'image', Name: 'two', Destination: '/img/part', RW: false, Mode: '' }),
    );
    const copied = await engine.api('GET', '/containers/seen/archive?path=/img/part/changed');
    expect([copied.status, copied.text]).toEqual([200, expect.stringContaining('from two')]);
  });

  it('has the links of a subpath followed inside of it, absolute ones too', async () => {
    const part = (subpath: string) => image('one', `/${subpath.replaceAll('/', '-')}`, subpath);
    const log = await run(
      'links',
      [part('links/absolute'), part('links/up'), part('links/absolute/kept'), part('links/up/changed')],
      'cat /links-absolute/kept /links-up/kept /links-absolute-kept /links-up-changed',
    );
    expect(log.match(/from one/g)).toHaveLength(4);
    // The image has no /etc, and the machine's is out of question.
    expect((await create('etc', [image('one', '/i', 'links/etc')], 'ls /i')).status).toBe(201);
    const started = await engine.api('POST', '/containers/etc/start');
    expect([started.status >= 400, started.text]).toEqual([
      true,
      expect.stringContaining('cannot access path'),
    ]);
  });

  it('stays for as long as the container does, even by its id alone', async () => {
    await create('holder', [image('one', '/i')], 'cat /i/data/kept');
    const removed = await engine.api('DELETE', `/images/two`);
    expect([removed.status, removed.text]).toEqual([409, expect.stringContaining('seen')]);
    const pruned = await engine.api<{ ImagesDeleted: unknown }>(
      'POST',
      `/images/prune?filters=${encodeURIComponent('{"dangling":["false"]}')}`,
    );
    expect(pruned.json.ImagesDeleted).toBeNull();
    for (const name of ['one', 'two']) {
      const { json: body } = await engine.api<{ Id: string }>('GET', `/images/${name}/json`);
      expect(body.Id).toBe(ids[name as 'one' | 'two']);
    }
  });

  it('is refused when it is not there, is no image with layers, or the part leads out of it', async () => {
    const refusal = async (mount: object): Promise<unknown> => {
      const { status, json: body } = await create('refused', [mount], 'true');
      return [status, (body as { message?: string }).message];
    };
    expect(await refusal(image('nowhere', '/i'))).toEqual([
      404,
      expect.stringContaining('No such image: nowhere'),
    ]);
    expect(await refusal(image('tcompose/host', '/i'))).toEqual([
      400,
      expect.stringContaining('cannot be mounted'),
    ]);
    expect(await refusal(image('', '/i'))).toEqual([
      400,
      expect.stringContaining('Source must not be empty'),
    ]);
    for (const [name, part] of [
      ['missing', 'nothing'],
      ['link', 'out'],
      ['dots', '../..'],
    ] as const) {
      expect((await create(name, [image('one', '/i', part)], 'ls /i')).status).toBe(201);
      const started = await engine.api('POST', `/containers/${name}/start`);
      expect([started.status, started.text]).toEqual([
        expect.toSatisfy((status: number) => status >= 400),
        expect.stringContaining('cannot access path'),
      ]);
    }
  });
});
