import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { staticBusybox } from '../../support/busybox.ts';
import { startTestEngine, type TestEngine, whyNoEngine } from '../../support/engine.ts';
import {
  type FaultyRegistry,
  startFaultyRegistry,
  whyNoFaultyRegistry,
} from '../../support/faulty-registry.ts';
import { createImageWorks, type ImageWorks } from '../../support/image-works.ts';

const busybox = staticBusybox();
const why =
  whyNoEngine() ??
  whyNoFaultyRegistry ??
  (busybox === undefined ? 'no static busybox' : undefined) ??
  // A disk of a test's own is mounted.
  (process.getuid?.() === 0 ? undefined : 'needs root');
if (why) console.log(`skipped: work on images on a full disk (${why})`);

/** What is left of the disk, KiB: from nothing to about what the largest of the works needs. */
const rooms = [0, 4, 16, 64, 256, 1024, 2048, 3072, 4096, 6144, 8192];

describe.skipIf(why)('on a disk with no room for it', () => {
  const temporary = tmpdir();
  const disk = why === undefined ? mkdtempSync(join(temporary, 'tcd-')) : '';
  const filler = join(disk, 'filler');
  let engine: TestEngine;
  let registry: FaultyRegistry;
  let all: ImageWorks;
  beforeAll(async () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=48m,mode=755', 'tmpfs', disk]);
    process.env.TMPDIR = disk;
    try {
      engine = await startTestEngine();
    } finally {
      process.env.TMPDIR = temporary;
    }
    registry = await startFaultyRegistry();
    all = await createImageWorks(engine, registry, busybox!);
  });
  afterAll(async () => {
    registry?.close();
    const left = await engine?.stop();
    execFileSync('umount', [disk]);
    rmSync(disk, { recursive: true });
    expect(left).toEqual([]);
  });

  function leave(kilobytes: number): void {
    const { bsize, bfree } = statfsSync(disk);
    writeFileSync(filler, Buffer.alloc(Math.max(0, bsize * bfree - kilobytes * 1024), 1));
  }

  it.each(['load', 'import', 'save', 'commit', 'push', 'pull'] as const)(
    'a %s says so, leaves nothing, and is done when there is',
    async (name) => {
      const { prepare, run, check } = all.works[name];
      for (const room of rooms) {
        await prepare?.();
        leave(room);
        const error = await run();
        // A pull looks whether there is room before it begins.
        if (error !== undefined)
          expect(error).toMatch(/no space is left on the disk|bytes free, and the image needs about/);
        rmSync(filler);
        if (error !== undefined) expect(await run()).toBeUndefined();
        await check();
        await all.clear();
      }
    },
  );
});
