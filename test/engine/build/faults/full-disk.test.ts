import { execFileSync, spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statfsSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../../support/engine.ts';
import { type Builder, startBuilder, whyNoBuilder } from '../builder.ts';

/** MiB of the disk. */
const size = 96;
const elsewhere = mkdtempSync(join(tmpdir(), 'tcompose-small-disk-'));

/** Mounts a small disk; undefined where that is not permitted. */
function mountDisk(): string | undefined {
  const image = join(elsewhere, 'image');
  const place = join(elsewhere, 'disk');
  writeFileSync(image, '');
  truncateSync(image, size * 1024 * 1024);
  mkdirSync(place);
  const made = spawnSync('mkfs.ext4', ['-qF', '-m0', image]).status === 0;
  return made && spawnSync('mount', ['-o', 'loop', image, place]).status === 0 ? place : undefined;
}

const noBuilder = whyNoBuilder();
const disk = noBuilder === undefined ? mountDisk() : undefined;
const unmet = noBuilder ?? (disk === undefined ? 'no disk can be mounted here' : undefined);
if (unmet !== undefined) console.warn(`skipped: builds on a disk that is full: ${unmet}`);

describe.skipIf(unmet !== undefined)('a build on a disk that fills up', () => {
  let builder: Builder;
  let before: number;

  const free = (): number => {
    const { bavail, bsize } = statfsSync(disk!);
    return bavail * bsize;
  };
  /** Room is as it was, but for notes of a few blocks. */
  const roomy = () => until(() => free() > before - 1024 * 1024, `room: ${free()} of ${before}`);
  const prune = () => builder.engine.api('POST', '/build/prune?all=1');
  const names = async () => {
    const { json } = await builder.engine.api<{ RepoTags: string[] | null }[]>('GET', '/images/json?all=1');
    return json.flatMap(({ RepoTags }) => RepoTags ?? ['none']);
  };

  beforeAll(async () => {
    const { TMPDIR } = process.env;
    process.env.TMPDIR = disk;
    builder = await startBuilder().finally(() => {
      if (TMPDIR === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = TMPDIR;
    });
    await builder.build({ text: 'FROM busybox\nRUN true\n' });
    await prune();
    await builder.engine.api('POST', '/images/prune');
    before = free();
  });

  afterAll(async () => {
    const leaks = await builder?.close();
    if (disk !== undefined) execFileSync('umount', [disk]);
    rmSync(elsewhere, { recursive: true, force: true });
    expect(leaks ?? []).toEqual([]);
  });

  /** Fails with these words, leaves no image and no room taken, and does not stand in the way of another one. */
  async function expectGraceful(text: string, request: Parameters<Builder['build']>[0], words: RegExp) {
    const known = await names();
    const { error, image } = await builder.build({ text, tags: ['full:1'], ...request });
    expect(image).toBeUndefined();
    expect(`${error?.message} ${error?.hint}`).toMatch(words);
    expect(await names()).toEqual(known);
    await until(
      () => readdirSync(join(builder.engine.root, 'lib/build/tmp')).length === 0,
      'nothing to be left of the build',
    );
    await prune();
    await roomy();
    const small = await builder.build({
      text: 'FROM busybox\nRUN echo small >/s && cat /s\n',
      noCache: true,
    });
    expect(small.error).toBeUndefined();
    expect(small.output).toEqual(['small']);
    await builder.engine.api('POST', '/images/prune');
    await prune();
    await roomy();
  }

  it('by a command says so, and has room again', async () => {
    const text = 'FROM busybox\nRUN dd if=/dev/zero of=/fill bs=1048576\n';
    await expectGraceful(text, {}, /exit code: 1 .*disk .* is full/);
  });

  it('by a command whose own file system is too small says that', async () => {
    const text =
      'FROM busybox\nRUN --mount=type=tmpfs,target=/t,size=64k dd if=/dev/zero of=/t/fill bs=1048576\n';
    await expectGraceful(text, {}, /exit code: 1 No space was left where it wrote/);
  });

  it('by what is copied, unpacked or written says so, and has room again', async () => {
    const context = join(elsewhere, 'context');
    mkdirSync(context);
    execFileSync('dd', ['if=/dev/urandom', `of=${context}/big`, 'bs=1M', `count=${size}`, 'status=none']);
    execFileSync('tar', ['-cf', join(context, 'big.tar'), '-C', context, 'big']);
    const full = /no space is left on the disk that holds/i;
    await expectGraceful('FROM busybox\nCOPY big /\n', { context }, full);
    await expectGraceful('FROM busybox\nADD big.tar /\n', { context }, full);
    await expectGraceful('FROM busybox\nRUN --mount=source=big,target=/b true\n', { context }, full);
    await expectGraceful('FROM scratch\nCOPY big /\n', { context, localOutput: join(disk!, 'out') }, full);
    rmSync(join(disk!, 'out'), { recursive: true, force: true });
  });

  it('by the layer that a step becomes says so, and has room again', async () => {
    const text = `FROM busybox\nRUN dd if=/dev/urandom of=/half bs=1048576 count=${Math.floor(size * 0.5)} 2>/dev/null\n`;
    await expectGraceful(text, {}, /no space is left on the disk/i);
  });

  it('by the cache that it keeps says so', async () => {
    const text = `FROM busybox\nRUN dd if=/dev/urandom of=/third bs=1048576 count=${Math.floor(size * 0.3)} 2>/dev/null\n`;
    const cacheTo = [`type=local,dest=${join(disk!, 'cache')},mode=max`];
    const { error } = await builder.build({ text, tags: ['kept:1'], cacheTo });
    expect(`${error?.message} ${error?.hint}`).toMatch(/failed to export the build cache.*no space is left/i);
    rmSync(join(disk!, 'cache'), { recursive: true, force: true });
    await builder.engine.api('DELETE', '/images/kept:1?force=1');
    await prune();
    await builder.engine.api('POST', '/images/prune');
    await roomy();
  });
});
