import { readdirSync, readFileSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { ImageInspect, ImageSummary } from '../../src/engine/api/image.ts';
import { tarOf } from '../unit/tar/tar-fixture.ts';
import { packBusybox } from './busybox.ts';
import { type TestEngine, until } from './engine.ts';
import type { FaultyRegistry } from './faulty-registry.ts';
import { errorOf, transfer } from './transfer.ts';

/** Something done to images that may be cut short. */
export interface ImageWork {
  /** Makes what the work needs; not to be cut short itself. */
  prepare?(): Promise<void>;
  /** Undefined: done. Otherwise what went wrong, in words. */
  run(): Promise<string | undefined>;
  /** That it was done, and rightly. */
  check(): Promise<void>;
}

export interface ImageWorks {
  readonly works: Readonly<Record<'load' | 'import' | 'save' | 'commit' | 'push' | 'pull', ImageWork>>;
  /** Takes away all containers and images; then nothing of the store may be left. */
  clear(): Promise<void>;
}

/** Directories of the store: what is in them belongs to an image, or to work under way. */
const places = ['blobs/sha256', 'images', 'l', 'layers', 'partial', 'tmp', 'trash', 'containers'];
const files = 150;

interface Reply {
  readonly status: number;
  readonly body: Buffer;
}

/** Works on an image of a shell and some hundred files, in an engine without images. */
export async function createImageWorks(
  engine: TestEngine,
  registry: FaultyRegistry,
  busybox: string,
): Promise<ImageWorks> {
  const clean = stored(engine);
  let pushes = 0;
  let saved: Buffer | undefined;

  const ask = (method: string, path: string, body?: Buffer): Promise<Reply> =>
    new Promise((resolve, reject) => {
      const asked = request({ socketPath: engine.socket, method, path, agent: false }, (answer) => {
        const parts: Buffer[] = [];
        answer.on('data', (part: Buffer) => parts.push(part));
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(parts) }));
        answer.on('error', reject);
        answer.on('close', () => reject(new Error('broken off')));
      });
      asked.on('error', reject);
      asked.end(body);
    });
  /** What an answer says went wrong, as a status or in the last line of a stream. */
  const wrong = ({ status, body }: Reply): string | undefined =>
    status >= 400 || /"error":/.test(body.subarray(-4096).toString()) ? body.toString() : undefined;
  const post = (path: string, body?: Buffer) =>
    ask('POST', path, body).then(wrong, (error: Error) => error.message);
  const inspect = (name: string) => engine.retry<ImageInspect>('GET', `/images/${name}/json`);

  async function expectToRun(image: string, script: string): Promise<void> {
    const made = await engine.api<{ Id: string }>('POST', '/containers/create', {
      Image: image,
      Cmd: ['sh', '-c', script],
      HostConfig: { NetworkMode: 'none' },
    });
    expect(made.status, made.text).toBe(201);
    expect((await engine.api('POST', `/containers/${made.json.Id}/start`)).status).toBe(204);
    const { json } = await engine.api<object>('POST', `/containers/${made.json.Id}/wait`);
    expect(json).toMatchObject({ StatusCode: 0 });
    await engine.api('DELETE', `/containers/${made.json.Id}?force=1`);
  }

  async function clear(): Promise<void> {
    const containers = await engine.retry<{ Id: string }[]>('GET', '/containers/json?all=1');
    for (const { Id } of containers.json) await engine.api('DELETE', `/containers/${Id}?force=1`);
    const images = await engine.retry<ImageSummary[]>('GET', '/images/json');
    for (const { Id, RepoTags } of images.json)
      if (!RepoTags?.includes('tcompose/host:latest')) await engine.api('DELETE', `/images/${Id}?force=1`);
    await engine.api('POST', '/images/prune');
    const left = () => stored(engine).filter((name) => !clean.includes(name));
    await until(() => left().length === 0, 'nothing to be left in the store').catch((error: Error) => {
      throw new Error(`${error.message}: ${left().join(' ')}`);
    });
  }

  const many = await tarOf(
    Array.from({ length: files }, (_, index) => ({
      name: `many/${index}`,
      data: Buffer.alloc(3000 + index, index),
    })),
  );
  // Two archives in one: the first goes without its end marker.
  const rootfs = Buffer.concat([
    many.subarray(0, many.length - 1024),
    readFileSync(packBusybox(busybox, engine.root)),
  ]);
  const importIt = () => post('/images/create?fromSrc=-&repo=work&tag=1&changes=CMD%20sh', rootfs);
  expect(await importIt()).toBeUndefined();
  const { Id: id } = (await inspect('work:1')).json;
  const archive = (await ask('GET', '/images/work:1/get')).body;
  await clear();

  const load: ImageWork = {
    run: () => post('/images/load?quiet=1', archive),
    check: async () => expect((await inspect('work:1')).json).toMatchObject({ Id: id, RepoTags: ['work:1'] }),
  };
  const withImage = async (): Promise<void> => {
    expect(await load.run()).toBeUndefined();
    await load.check();
  };
  const pushed = () => `${registry.host}/team/work${pushes}`;
  const transferred = async (path: string): Promise<string | undefined> => {
    const outcome = await transfer(engine.socket, path).catch((error: Error) => error);
    if (outcome instanceof Error) return outcome.message;
    return outcome.broken ? 'broken off' : errorOf(outcome);
  };
  const works: ImageWorks['works'] = {
    load,
    import: {
      run: importIt,
      async check() {
        const { json } = await inspect('work:1');
        expect(json).toMatchObject({ RepoTags: ['work:1'], RootFS: { Layers: [expect.anything()] } });
        await expectToRun('work:1', `test $(ls /many | wc -l) = ${files}`);
      },
    },
    save: {
      prepare: withImage,
      async run() {
        const reply = await ask('GET', '/images/work:1/get').catch((error: Error) => error);
        if (reply instanceof Error) return reply.message;
        saved = reply.body;
        return reply.status === 200 ? undefined : reply.body.toString();
      },
      check: async () => expect(saved?.equals(archive)).toBe(true),
    },
    commit: {
      async prepare() {
        await withImage();
        await engine.api('POST', '/containers/create?name=changed', {
          Image: 'work:1',
          Cmd: ['sh', '-c', 'mkdir /more; for i in $(seq 100); do head -c 5000 /dev/urandom >/more/$i; done'],
          HostConfig: { NetworkMode: 'none' },
        });
        await engine.api('POST', '/containers/changed/start');
        const { json } = await engine.api<object>('POST', '/containers/changed/wait');
        expect(json).toMatchObject({ StatusCode: 0 });
      },
      run: () => post('/commit?container=changed&repo=made&tag=1', Buffer.from('{}')),
      async check() {
        expect((await inspect('made:1')).json.RootFS.Layers).toHaveLength(2);
        await expectToRun('made:1', 'test $(ls /more | wc -l) = 100');
      },
    },
    push: {
      async prepare() {
        await withImage();
        pushes += 1;
        await engine.api('POST', `/images/work:1/tag?repo=${pushed()}&tag=1`);
      },
      run: () => transferred(`/images/${pushed()}/push?tag=1`),
      async check() {
        await clear();
        expect(await transferred(`/images/create?fromImage=${pushed()}&tag=1`)).toBeUndefined();
        expect((await inspect(`${pushed()}:1`)).json.Id).toBe(id);
      },
    },
    pull: {
      run: () => transferred(`/images/create?fromImage=${registry.host}/faulty/app&tag=latest`),
      check: async () =>
        expect((await inspect(`${registry.host}/faulty/app:latest`)).json).toMatchObject({
          Id: registry.image.config,
          RootFS: { Layers: registry.image.diffIds },
        }),
    },
  };
  return { works, clear };
}

/** Names in the store's directories, but for the file of all images' names. */
function stored(engine: TestEngine): string[] {
  const names = places.flatMap((place) => {
    const directory = join(engine.root, 'lib', place);
    if (statSync(directory, { throwIfNoEntry: false }) === undefined) return [];
    return readdirSync(directory).map((name) => `${place}/${name}`);
  });
  return names.filter((name) => name !== 'images/tags.json');
}
