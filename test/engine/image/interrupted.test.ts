import { setTimeout as sleep } from 'node:timers/promises';
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
const why = whyNoEngine() ?? whyNoFaultyRegistry ?? (busybox === undefined ? 'no static busybox' : undefined);
if (why) console.log(`skipped: work on images that is interrupted (${why})`);

const moments = Array.from({ length: 30 }, (_, index) => index);

describe.skipIf(why)('an engine that is killed at any of thirty moments of', () => {
  let engine: TestEngine;
  let registry: FaultyRegistry;
  let all: ImageWorks;
  beforeAll(async () => {
    engine = await startTestEngine();
    registry = await startFaultyRegistry();
    all = await createImageWorks(engine, registry, busybox!);
  });
  afterAll(async () => {
    registry?.close();
    expect(await engine?.stop()).toEqual([]);
  });

  it.each(['load', 'import', 'save', 'commit', 'push'] as const)(
    'a %s does it right the next time, and nothing is left',
    async (name) => {
      const { prepare, run, check } = all.works[name];
      await prepare?.();
      const began = performance.now();
      expect(await run()).toBeUndefined();
      const took = performance.now() - began;
      await check();
      await all.clear();
      let broken = 0;
      for (const moment of moments) {
        await prepare?.();
        const pid = await engine.enginePid();
        const work = run();
        await Promise.race([sleep((took * (moment + 0.5)) / moments.length), work]);
        process.kill(pid, 'SIGKILL');
        if ((await work) !== undefined) broken += 1;
        await engine.retry('GET', '/_ping');
        expect(await run(), engine.log().slice(-2000)).toBeUndefined();
        await check();
        await all.clear();
      }
      expect(broken).toBeGreaterThan(0);
    },
  );
});
