import { appendFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../support/engine.ts';
import { type Builder, startBuilder, whyNoBuilder } from './builder.ts';

const unmet = whyNoBuilder();
if (unmet !== undefined) console.warn(`skipped: the cache of builds: ${unmet}`);

interface Usage {
  readonly BuildCache: readonly {
    readonly ID: string;
    readonly Type: string;
    readonly Description: string;
    readonly Size: number;
    readonly InUse: boolean;
    readonly UsageCount: number;
  }[];
}

describe.skipIf(unmet !== undefined)('what builds keep', () => {
  let builder: Builder;

  beforeAll(async () => {
    builder = await startBuilder();
  });

  afterAll(async () => {
    expect(await builder?.close()).toEqual([]);
  });

  const list = async () =>
    (await builder.engine.api<Usage>('GET', '/system/df?type=build-cache')).json.BuildCache;
  const prune = async (query = '') =>
    (
      await builder.engine.api<{ CachesDeleted: readonly string[] | null; SpaceReclaimed: number }>(
        'POST',
        `/build/prune${query}`,
      )
    ).json;
  const text = 'FROM busybox\nRUN echo one > /one\nRUN --mount=type=cache,target=/cache echo x > /cache/x\n';
  const filter = (filters: object) => `?filters=${encodeURIComponent(JSON.stringify(filters))}`;

  it('is listed with sizes and uses, and pruned by kind and age', async () => {
    await builder.build({ text });
    expect((await builder.build({ text })).cached).toHaveLength(2);
    const all = await list();
    expect(all.map(({ Type }) => Type).sort()).toEqual(['exec.cachemount', 'regular', 'regular']);
    expect(all.find(({ Description }) => Description.includes('echo one'))).toMatchObject({
      Size: 4,
      InUse: false,
      UsageCount: 1,
    });
    expect(all.find(({ Type }) => Type === 'exec.cachemount')).toMatchObject({
      Description: 'cache mount /cache',
      Size: 2,
    });
    expect((await prune(filter({ until: ['1h'] }))).CachesDeleted).toBeNull();
    expect((await prune(filter({ type: ['exec.cachemount'] }))).SpaceReclaimed).toBe(2);
    expect((await builder.build({ text })).cached).toHaveLength(2);
    expect((await prune('?keep-storage=1000000')).CachesDeleted).toBeNull();
    expect((await prune('?keep-storage=1')).CachesDeleted).toHaveLength(2);
    expect(await list()).toEqual([]);
    expect((await builder.build({ text })).cached).toEqual([]);
    expect((await builder.engine.api('POST', '/build/prune?max-used-space=much')).status).toBe(400);
    await prune();
  });

  it('is not taken from a build that has it', async () => {
    const stop = new AbortController();
    const long = `${text}RUN echo ready && sleep 1000\n`;
    const build = builder.build(
      { text: long },
      {
        signal: stop.signal,
        onEvent: (event) => {
          if (event.type === 'log' && event.text === 'ready') ready = true;
        },
      },
    );
    let ready = false;
    await until(() => ready, 'the last step to run');
    expect((await prune(filter({ type: ['regular'] }))).CachesDeleted).toBeNull();
    expect((await list()).filter(({ InUse }) => InUse)).toHaveLength(2);
    stop.abort();
    await expect(build).rejects.toThrow(/abort/i);
    await until(async () => (await prune()).CachesDeleted !== null, 'the build to end');
  });

  it('tells files by content, and notices a change that keeps size and time', async () => {
    const context = builder.context('sizes', {
      Dockerfile: 'FROM busybox\nCOPY f /\nRUN cat /f\n',
      f: 'one',
    });
    const file = join(context, 'f');
    utimesSync(file, 1000, 1000);
    expect((await builder.build({ context })).output).toEqual(['one']);
    writeFileSync(file, 'two');
    utimesSync(file, 1000, 1000);
    expect((await builder.build({ context })).output).toEqual(['two']);
    utimesSync(file, 2000, 2000);
    expect((await builder.build({ context })).cached).toHaveLength(2);
  });

  it('is not asked for a copy either where none is wanted', async () => {
    const context = builder.context('fresh', {
      Dockerfile: 'FROM busybox\nCOPY f /\nRUN stat -c %Y /f\n',
      f: 'one',
    });
    const file = join(context, 'f');
    utimesSync(file, 1000, 1000);
    expect((await builder.build({ context })).output).toEqual(['1000']);
    utimesSync(file, 2000, 2000);
    expect((await builder.build({ context })).cached).toHaveLength(2);
    const anew = await builder.build({ context, noCache: true });
    expect(anew.cached).toEqual([]);
    expect(anew.output).toEqual(['2000']);
    expect((await builder.build({ context })).cached).toHaveLength(2);
  });

  it('does not keep what changed while it was copied under the name of what it was', async () => {
    const context = builder.context('changing', {
      Dockerfile: 'FROM busybox\nCOPY . /c\nRUN ls /c | wc -l\n',
    });
    for (let at = 0; at < 300; at++) writeFileSync(join(context, `f${at}`), 'x'.repeat(2000));
    let writing = true;
    const writer = (async () => {
      for (let at = 0; writing; at++) {
        appendFileSync(join(context, `f${at % 300}`), 'y');
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    const first = await builder.build({ context });
    writing = false;
    await writer;
    if (first.error !== undefined) expect(first.error.message).toContain('changed again and again');
    const { error, image } = await builder.build({
      context,
      text: 'FROM busybox\nCOPY . /c\nRUN cat /c/f* | sha256sum > /sum\n',
    });
    expect(error).toBeUndefined();
    const again = await builder.build({
      context,
      text: `FROM ${image}\nRUN cat /c/f* | sha256sum | cmp - /sum && cat /sum\n`,
    });
    expect(again.error).toBeUndefined();
    const { createHash } = await import('node:crypto');
    const hash = createHash('sha256');
    const names = Array.from({ length: 300 }, (_, at) => `f${at}`).sort();
    for (const name of names) hash.update(await readFile(join(context, name)));
    expect(again.output[0]).toContain(hash.digest('hex'));
  });

  it('is there after the engine was killed, with what is known of files', async () => {
    const context = builder.context('killed', { Dockerfile: 'FROM busybox\nCOPY big /\nRUN echo made\n' });
    writeFileSync(join(context, 'big'), Buffer.alloc(4 * 1024 * 1024));
    const known = join(builder.engine.root, 'lib/build/files');
    // What changed within the last seconds is not remembered.
    const soon = Date.now() + 2500;
    await until(() => Date.now() > soon, 'the file to be settled');
    await builder.build({ context });
    const { ino, size } = statSync(join(context, 'big'));
    const written = async () =>
      (await readFile(known, 'latin1').catch(() => '')).includes(`:${ino}:${size}:`);
    await until(written, 'what is known to be written');
    process.kill(await builder.engine.enginePid(), 'SIGKILL');
    await builder.engine.retry('GET', '/_ping');
    expect((await builder.build({ context })).cached).toHaveLength(2);
    expect(await list()).not.toEqual([]);
  });
});
