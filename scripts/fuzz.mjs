// Loads mutations of the compose fixtures: `npm run fuzz -- [COUNT] [FIRST-SEED]`, a million by default. Every one must load or be
// refused with an error made for people, within the time limit; the seed of one that does not is printed. Ctrl+C ends it early, and
// it says how far it came.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isMainThread, Worker, workerData } from 'node:worker_threads';

const timeLimitMs = 10_000;
const outcomes = ['loaded', 'refused', 'failed'];

if (isMainThread) await watch(Number(process.argv[2] ?? 1_000_000), Number(process.argv[3] ?? 1));
else await fuzz(workerData);

async function watch(count, firstSeed) {
  const { build } = await import('esbuild');
  const directory = mkdtempSync(join(tmpdir(), 'tcompose-fuzz-'));
  const bundle = join(directory, 'fuzz-load.mjs');
  await build({
    entryPoints: ['test/support/fuzz-load.ts'],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
    logLevel: 'warning',
  });
  // The seed at work, and how many had each of the outcomes.
  const state = new Int32Array(new SharedArrayBuffer(4 * (1 + outcomes.length)));
  const started = performance.now();
  const worker = new Worker(new URL(import.meta.url), { workerData: { bundle, count, firstSeed, state } });
  let seen = -1;
  let since = performance.now();
  const timer = setInterval(() => {
    const seed = Atomics.load(state, 0);
    if (seed !== seen) {
      seen = seed;
      since = performance.now();
    } else if (performance.now() - since > timeLimitMs) {
      console.error(`fuzz: seed ${seed} takes longer than ${timeLimitMs / 1000} s`);
      process.exitCode = 1;
      void worker.terminate();
    }
  }, 500);
  worker.on('error', (error) => {
    console.error(error);
    process.exitCode = 1;
  });
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void worker.terminate());
  worker.on('exit', () => {
    const counts = outcomes.map((_, index) => Atomics.load(state, 1 + index));
    const done = counts.reduce((sum, one) => sum + one, 0);
    const seconds = (performance.now() - started) / 1000;
    const each = outcomes.map((name, index) => `${counts[index]} ${name}`).join(', ');
    console.log(
      `fuzz: ${done} of ${count} mutations from seed ${firstSeed}: ${each}, ${seconds.toFixed(1)} s`,
    );
    if (done < count || counts[outcomes.indexOf('failed')] > 0) process.exitCode = 1;
    clearInterval(timer);
    rmSync(directory, { recursive: true, force: true });
  });
}

async function fuzz({ bundle, count, firstSeed, state }) {
  const { loadMutation, projectFiles } = await import(pathToFileURL(bundle).href);
  const files = projectFiles('fixtures/compose/load');
  const tally = (outcome) => Atomics.add(state, 1 + outcomes.indexOf(outcome), 1);
  const shown = new Set();
  for (let seed = firstSeed; seed < firstSeed + count; seed += 1) {
    Atomics.store(state, 0, seed);
    try {
      tally(await loadMutation(files, seed));
    } catch (error) {
      tally('failed');
      const kind = String(error?.stack ?? error)
        .split('\n')
        .slice(0, 3)
        .join('\n');
      if (!shown.has(kind) && shown.size < 20) console.error(`fuzz: seed ${seed}:`, error);
      shown.add(kind);
    }
  }
}
