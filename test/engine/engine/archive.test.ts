import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packBusybox, staticBusybox } from '../../support/busybox.ts';
import { startTestEngine, type TestEngine, until, whyNoEngine } from '../../support/engine.ts';
import { tarOf } from '../../unit/tar/tar-fixture.ts';

const busybox = staticBusybox();
const why = whyNoEngine();
if (why) console.log(`skipped: ${why}`);

interface Message {
  readonly message: string;
}

describe.skipIf(why)('files of a container', () => {
  let engine: TestEngine;
  let tar: Buffer;
  beforeAll(async () => {
    engine = await startTestEngine();
    mkdirSync(join(engine.root, 'files/made'), { recursive: true });
    writeFileSync(join(engine.root, 'files/made/file'), 'content\n');
    tar = spawnSync('tar', ['-C', join(engine.root, 'files'), '-cf', '-', 'made']).stdout;
  });
  afterAll(async () => {
    expect(await engine.stop()).toEqual([]);
  });

  const create = async (
    name: string,
    script: string,
    host: object = {},
    image = 'tcompose/host',
  ): Promise<void> => {
    const answer = await engine.api('POST', `/containers/create?name=${name}`, {
      Image: image,
      Cmd: ['sh', '-c', script],
      HostConfig: { NetworkMode: 'none', ...host },
    });
    expect(answer.status).toBe(201);
  };
  const run = async (name: string): Promise<void> => {
    expect((await engine.api('POST', `/containers/${name}/start`)).status).toBe(204);
  };
  const put = (name: string, path: string, body: Uint8Array = tar) =>
    engine.api<Message>('PUT', `/containers/${name}/archive?path=${path}`, body);
  const stat = async (name: string, path: string): Promise<{ name: string; mode: number }> => {
    const answer = await engine.api('HEAD', `/containers/${name}/archive?path=${path}`);
    expect(answer.status).toBe(200);
    return JSON.parse(
      Buffer.from(answer.headers['x-docker-container-path-stat'] as string, 'base64').toString(),
    );
  };
  /** Names in an archive that the engine sends. */
  const listed = (path: string): Promise<string[]> =>
    new Promise((resolve, reject) => {
      request({ socketPath: engine.socket, path, agent: false }, (answer) => {
        const parts: Buffer[] = [];
        answer.on('data', (part: Buffer) => parts.push(part));
        answer.on('error', reject);
        answer.on('end', () => {
          const list = spawnSync('tar', ['-tf', '-'], { input: Buffer.concat(parts), encoding: 'utf8' });
          if (list.status !== 0) reject(new Error(list.stderr));
          else resolve(list.stdout.trim().split('\n'));
        });
      })
        .on('error', reject)
        .end();
    });
  const changes = async (name: string): Promise<{ Path: string; Kind: number }[]> =>
    (await engine.api<{ Path: string; Kind: number }[]>('GET', `/containers/${name}/changes`)).json;

  it('are copied in before the first start, and directories on the way keep their mode', async () => {
    await create('before', 'cat /tmp/made/file; stat -c %a /tmp; sleep 300');
    expect((await put('before', '/tmp')).status).toBe(200);
    expect(((await stat('before', '/tmp')).mode & 0o777).toString(8)).toBe('777');
    expect(await changes('before')).toEqual([
      { Path: '/tmp', Kind: 0 },
      { Path: '/tmp/made', Kind: 1 },
      { Path: '/tmp/made/file', Kind: 1 },
    ]);
    await run('before');
    // The places made for mounts are no change of the container's.
    expect((await changes('before')).map(({ Path }) => Path)).toEqual([
      '/tmp',
      '/tmp/made',
      '/tmp/made/file',
    ]);
    await until(
      async () => (await engine.api('GET', '/containers/before/logs?stdout=1')).text.includes('content'),
      'the file to be shown',
    );
  });

  const noBusybox = busybox === undefined ? ' (skipped: needs a static busybox)' : '';
  it.skipIf(noBusybox !== '')(
    `go out of a running container whole, without its mounts${noBusybox}`,
    async () => {
      const rootfs = readFileSync(packBusybox(busybox!, engine.root));
      expect((await engine.api('POST', '/images/create?fromSrc=-&repo=small', rootfs)).status).toBe(200);
      await create('whole', 'echo content > /tmp/made; sleep 300', { Binds: ['data:/data'] }, 'small');
      for (const name of ['hosts', 'hostname', 'resolv.conf'])
        expect((await stat('whole', `/etc/${name}`)).name).toBe(name);
      await run('whole');
      await until(async () => (await changes('whole')).some(({ Path }) => Path === '/tmp/made'), 'the file');
      const names = await listed('/containers/whole/export');
      expect(names).toEqual(expect.arrayContaining(['bin/busybox', 'tmp/made', 'data/']));
      expect(names.filter((name) => name.startsWith('data/'))).toEqual(['data/']);
      expect(names.filter((name) => /^(proc|sys)\/./.test(name))).toEqual([]);
    },
  );

  it('that were deleted do not come back with the directory made in their place', async () => {
    await create('opaque', 'rm -rf /var; mkdir /var; echo new > /var/new');
    await run('opaque');
    await engine.api('POST', '/containers/opaque/wait');
    expect(await listed('/containers/opaque/archive?path=/var')).toEqual(['var/', 'var/new']);
    const kinds = new Map((await changes('opaque')).map(({ Path, Kind }) => [Path, Kind]));
    expect([kinds.get('/var/new'), kinds.get('/var/log'), kinds.get('/var')]).toEqual([1, 2, 0]);
  });

  it('stay as they are in a read-only root, running or not', async () => {
    await create('fixed', 'sleep 300', { ReadonlyRootfs: true, Binds: ['data:/data', 'other:/other:ro'] });
    for (const start of [false, true]) {
      if (start) await run('fixed');
      const answers = [
        await put('fixed', '/root'),
        await put('fixed', '/other'),
        await put('fixed', '/data'),
      ];
      expect(answers.map(({ status }) => status)).toEqual([400, 400, 200]);
      expect(answers[0]!.json.message).toContain('read-only');
    }
    expect((await stat('fixed', '/data/made/file')).name).toBe('file');
  });

  it('are named as they were asked for, and a slash wants a directory', async () => {
    expect((await stat('before', '/tmp/.')).name).toBe('.');
    expect((await stat('before', '/tmp/')).name).toBe('tmp');
    for (const name of ['before', 'opaque']) {
      for (const method of ['GET', 'HEAD']) {
        expect((await engine.api(method, `/containers/${name}/archive?path=/etc/passwd/`)).status).toBe(400);
        expect((await engine.api(method, `/containers/${name}/archive?path=/no/such`)).status).toBe(404);
      }
    }
  });

  it('come as gzip too, and what is not an archive is refused while the client still sends', async () => {
    expect((await put('before', '/root', gzipSync(tar))).status).toBe(200);
    expect((await stat('before', '/root/made/file')).name).toBe('file');
    for (const name of ['before', 'opaque']) {
      const refused = await put(name, '/root', Buffer.alloc(8_000_000, 'no tar '));
      expect([refused.status, refused.json.message]).toEqual([
        400,
        expect.stringMatching(/^cannot unpack the archive: /),
      ]);
    }
    const imported = await engine.api<Message>(
      'POST',
      '/images/create?fromSrc=-&repo=x&changes=NOSUCH%201',
      Buffer.alloc(8_000_000),
    );
    expect([imported.status, imported.json.message]).toEqual([400, expect.stringContaining('NOSUCH')]);
  });

  it('are as many as there are, with few descriptors, into a running container and out of it', async () => {
    const many = 3000;
    const entries = Array.from({ length: many }, (_, at) => ({ name: `many/${at % 300}/${at}`, data: 'x' }));
    const pid = await engine.enginePid();
    const descriptors = () => readdirSync(`/proc/${pid}/fd`).length;
    const before = descriptors();
    let most = 0;
    const watched = async <T>(work: Promise<T>): Promise<T> => {
      let over = false;
      const result = work.finally(() => {
        over = true;
      });
      while (!over) {
        most = Math.max(most, descriptors());
        await sleep(2);
      }
      return result;
    };
    expect((await watched(put('before', '/root', tarOf(entries)))).status).toBe(200);
    const names = await watched(listed('/containers/before/archive?path=/root/many'));
    expect(names.filter((name) => !name.endsWith('/'))).toHaveLength(many);
    expect(most - before).toBeLessThan(150);
    expect(descriptors() - before).toBeLessThan(20);
  });

  it('are let go of when their reader leaves in the middle', async () => {
    const pid = await engine.enginePid();
    const descriptors = () => readdirSync(`/proc/${pid}/fd`).length;
    const before = descriptors();
    await new Promise<void>((resolve, reject) => {
      request({ socketPath: engine.socket, path: '/containers/before/export', agent: false }, (answer) => {
        answer.once('data', () => {
          answer.destroy();
          resolve();
        });
      })
        .on('error', reject)
        .end();
    });
    await until(() => descriptors() - before < 5, 'the descriptors of what was packed');
    expect((await engine.api('DELETE', '/containers/before?force=1')).status).toBe(204);
  });

  it('replace what is there and what was deleted, in a stopped container as in a running one', async () => {
    const script = 'mkdir /srv/d /srv/e; echo x > /srv/d/f; ln -s d /srv/l; rm -r /home; exec sleep 300';
    await create('replaced', script);
    await run('replaced');
    await until(async () => (await changes('replaced')).some(({ Path }) => Path === '/home'), 'the script');
    const archive = tarOf([
      { name: 'srv/d', data: 'now a file' },
      { name: 'srv/e/', type: 'directory', mode: 0o711, mtime: 5000 },
      { name: 'srv/l', type: 'symlink', linkName: '/etc' },
      { name: 'home/new/file', data: 'x', mode: 0o4755, mtime: 1_000_000_000_123 },
      { name: 'home/second', type: 'hardlink', linkName: 'home/new/file' },
    ]);
    for (const stopped of [false, true]) {
      if (stopped) await engine.api('POST', '/containers/replaced/kill');
      expect((await put('replaced', '/', archive)).status).toBe(200);
      expect(await listed('/containers/replaced/archive?path=/srv')).toEqual([
        'srv/',
        'srv/d',
        'srv/e/',
        'srv/l',
      ]);
      expect(await listed('/containers/replaced/archive?path=/home/.')).toEqual([
        './',
        'new/',
        'new/file',
        'second',
      ]);
      expect((await stat('replaced', '/srv/e')).mode & 0o777).toBe(0o711);
    }
    expect(
      (await put('replaced', '/', tarOf([{ name: 'srv/dev', type: 'char', major: 1, minor: 3 }]))).status,
    ).toBe(400);
  });
});
