// Writes what the fuzzing of the C decoders starts from: `node scripts/fuzz-seeds.mjs plan|protocol DIRECTORY`.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const [target, directory] = process.argv.slice(2);
const scratch = mkdtempSync(join(tmpdir(), 'tcompose-seeds-'));
try {
  const bundle = join(scratch, 'seeds.mjs');
  await build({
    entryPoints: ['test/support/native-seeds.ts'],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'warning',
  });
  const { planSeeds, protocolSeeds } = await import(pathToFileURL(bundle).href);
  const seeds = target === 'plan' ? planSeeds(200) : protocolSeeds();
  for (const [index, seed] of seeds.entries()) writeFileSync(join(directory, `seed-${index}`), seed);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
