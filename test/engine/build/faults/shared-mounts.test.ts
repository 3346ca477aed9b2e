import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BuildEvent } from '../../../../src/engine/api/build.ts';
import { until } from '../../../support/engine.ts';
import { type Builder, startBuilder, whyNoBuilder } from '../builder.ts';

const unmet = whyNoBuilder();
if (unmet !== undefined) console.warn(`skipped: cache mounts of several steps: ${unmet}`);

describe.skipIf(unmet !== undefined)('a cache mount', () => {
  let builder: Builder;

  beforeAll(async () => {
    builder = await startBuilder();
  });

  afterAll(async () => {
    expect(await builder?.close()).toEqual([]);
  });

  const locked = (id: string, target: string) =>
    `--mount=type=cache,id=${id},target=${target},sharing=locked`;

  const places = () => readdirSync(join(builder.engine.root, 'lib/build/tmp')).length;

  /** A step that has a mount until its build is stopped. */
  async function holding(id: string) {
    const stop = new AbortController();
    let held = false;
    const onEvent = (event: BuildEvent): void => {
      if (event.type === 'log' && event.text === 'held') held = true;
    };
    const text = `FROM busybox\nRUN ${locked(id, '/c')} echo held; sleep 300\n`;
    const done = builder.build({ text }, { signal: stop.signal, onEvent }).catch(() => undefined);
    await until(() => held, 'the first step to have the mount');
    return async () => {
      stop.abort();
      await done;
    };
  }

  it('that two steps lock in turned order lets both of them run', async () => {
    const release = await holding('one');
    const both = async (first: string, second: string, count: number) => {
      const text = `FROM busybox\nRUN ${locked(first, '/1')} ${locked(second, '/2')} echo ${first} ran\n`;
      const built = builder.build({ text });
      await until(() => places() === count, 'the step to wait');
      return { built };
    };
    // In the order they are written the first would have one of the mounts when the second has the other.
    const first = await both('one', 'two', 2);
    const second = await both('two', 'one', 3);
    await release();
    expect((await first.built).output).toEqual(['one ran']);
    expect((await second.built).output).toEqual(['two ran']);
  });

  it('that a step has at two places is one, locked or private', async () => {
    for (const sharing of ['locked', 'private']) {
      const at = (target: string) => `--mount=type=cache,id=${sharing},target=${target},sharing=${sharing}`;
      const text = `FROM busybox\nRUN ${at('/a')} ${at('/b')} echo ${sharing} >/a/f && cat /b/f\n`;
      expect((await builder.build({ text })).output).toEqual([sharing]);
    }
  });

  it('with content from elsewhere is filled once, by whoever of several steps comes first', async () => {
    const mount = '--mount=type=cache,id=filled,target=/c,from=content,source=/d';
    const names = ['one', 'two', 'three', 'four'];
    const stages = names.map((name) => `FROM busybox AS ${name}\nRUN ${mount} ls /c | wc -l >/${name}\n`);
    const text = `FROM busybox AS content\nRUN mkdir /d && cd /d && for n in $(seq 300); do echo $n >$n; done\n${stages.join('')}FROM busybox\n${names.map((name) => `COPY --from=${name} /${name} /r/\n`).join('')}RUN cat /r/*\n`;
    const { error, output } = await builder.build({ text });
    expect(error).toBeUndefined();
    expect(output).toEqual(names.map(() => '300'));
    const mounts = readdirSync(join(builder.engine.root, 'lib/build/mounts'));
    expect(mounts.filter((name) => name.endsWith('.new'))).toEqual([]);
  });

  it('that is waited for keeps no build that nobody waits for', async () => {
    const release = await holding('kept');
    const other = new AbortController();
    const waiting = builder
      .build({ text: `FROM busybox\nRUN ${locked('kept', '/c')} echo never\n` }, { signal: other.signal })
      .catch(() => undefined);
    await until(() => places() === 2, 'the second step to wait');
    other.abort();
    await waiting;
    await until(() => places() === 1, 'the second step to end');
    await release();
    await until(() => places() === 0, 'the first step to end');
  });
});
