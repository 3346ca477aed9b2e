import { spawnSync } from 'node:child_process';
import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../support/engine.ts';
import { type Builder, startBuilder, whyNoBuilder } from './builder.ts';

const unmet = whyNoBuilder();
if (unmet !== undefined) console.warn(`skipped: what builds leave behind: ${unmet}`);

describe.skipIf(unmet !== undefined)('what builds make', () => {
  let builders: readonly Builder[];

  beforeAll(async () => {
    builders = [await startBuilder(), await startBuilder()];
  });

  afterAll(async () => {
    for (const builder of builders ?? []) expect(await builder.close()).toEqual([]);
  });

  it('has the same digests on two engines with SOURCE_DATE_EPOCH', async () => {
    const text = `FROM scratch AS base
COPY --from=busybox /bin /bin
WORKDIR /work
FROM base
COPY file dir/ /work/
RUN mkdir made && date > made/date && ln -s date made/link && ln made/date made/again && touch made && true > made/date
RUN rm file && chown 5:6 made
LABEL a=b
`;
    const args = { SOURCE_DATE_EPOCH: '1700000000' };
    const made = [];
    for (const [at, builder] of builders.entries()) {
      const context = builder.context('reproducible', { file: 'content', 'dir/inside': 'x' });
      utimesSync(join(context, 'file'), 1_800_000_000 + at, 1_800_000_000 + at);
      const { error, image } = await builder.build({ context, text, args });
      expect(error).toBeUndefined();
      const { json } = await builder.engine.api<{ Created: string; RootFS: { Layers: readonly string[] } }>(
        'GET',
        `/images/${image}/json`,
      );
      made.push({ image, layers: json.RootFS.Layers, created: json.Created });
    }
    expect(made[0]).toEqual(made[1]);
    expect(made[0]!.created).toBe('2023-11-14T22:13:20Z');
    const { error, image } = await builders[0]!.build({
      context: join(builders[0]!.place, 'reproducible'),
      text,
      args: { SOURCE_DATE_EPOCH: '1600000000' },
    });
    expect(error).toBeUndefined();
    expect(image).not.toBe(made[0]!.image);
  });

  it('has no secret in it, nor has the cache or the log', async () => {
    const [builder] = builders;
    const secret = `s3cret-${Math.random().toString(36).slice(2)}`;
    const text = `FROM busybox
RUN --mount=type=secret,id=token,env=TOKEN --mount=type=secret,id=token,target=/run/file,mode=0444 test "$TOKEN" = "$(cat /run/file)" && echo used
RUN --mount=type=secret,id=token test ! -e /run/file && ! grep -r s3cret /etc /tmp /run/nothing 2>/dev/null
RUN --mount=type=secret,id=token cat /run/secrets/token | wc -c && exit 3
`;
    const secrets = { token: Buffer.from(secret).toString('base64') };
    const { events, output } = await builder!.build({ text, secrets, tags: ['secretive'] });
    expect(output).toContain('used');
    expect(events.find((event) => event.type === 'error')?.message).toContain('exit code: 3');
    const good = text.split('\n').slice(0, 3).join('\n');
    expect((await builder!.build({ text: good, secrets, tags: ['secretive'] })).error).toBeUndefined();
    const tmp = join(builder!.engine.root, 'lib/build/tmp');
    await until(
      () => spawnSync('find', [tmp, '-mindepth', '1'], { encoding: 'utf8' }).stdout === '',
      'the steps to end',
    );
    const search = (where: string) =>
      spawnSync('grep', ['-rlF', '--', secret, where], { encoding: 'utf8' }).stdout.trim();
    // The layers are compressed in their archives, and plain in their trees.
    expect(search(builder!.engine.root)).toBe('');
    const { json } = await builder!.engine.api<readonly { CreatedBy: string }[]>(
      'GET',
      '/images/secretive/history',
    );
    expect(json.map(({ CreatedBy }) => CreatedBy).join()).not.toContain(secret);
    expect(JSON.stringify(events)).not.toContain(secret);
  });

  it('is nothing after the engine was killed in the middle, and right afterwards', async () => {
    const [builder] = builders;
    const text = (last: string) =>
      `FROM busybox\nRUN echo first > /first\nRUN echo ${last} && echo half > /half && ${last}\n`;
    let ready = false;
    const build = builder!.build(
      { text: text('sleep 1000'), tags: ['half'] },
      {
        onEvent(event) {
          if (event.type === 'log') ready = true;
        },
      },
    );
    build.catch(() => {});
    await until(() => ready, 'the step to run');
    process.kill(await builder!.engine.enginePid(), 'SIGKILL');
    await expect(build).rejects.toThrow();
    await builder!.engine.retry('GET', '/_ping');
    expect((await builder!.engine.api('GET', '/images/half/json')).status).toBe(404);
    const again = await builder!.build({ text: text('true'), tags: ['half'] });
    expect(again.error).toBeUndefined();
    expect(again.cached).toEqual(['[2/3] RUN echo first > /first']);
  });

  it('is made under a bound of processes, and a full mount is an error of its step', async () => {
    const [builder] = builders;
    const limits = '/sys/fs/cgroup/pids.max /sys/fs/cgroup/pids/pids.max';
    const most = await builder!.build({ text: `FROM busybox\nRUN cat ${limits} 2>/dev/null || true\n` });
    // Where the kernel has the controller.
    if (most.output.length > 0) expect(most.output).toEqual(['8192']);
    const fill =
      'FROM busybox\nRUN --mount=type=tmpfs,target=/t,size=1m dd if=/dev/zero of=/t/x bs=1M count=5\n';
    expect((await builder!.build({ text: fill })).error?.output?.lines.join()).toContain('No space left');
  });
});
