// Loading and canonicalising 10, 100, 1,000 and 10,000 services: the whole `config` command beside `node -e 0` (the floor), and
// in one warm process; then what a 10 MB file and an alias bomb cost. Prints medians and ratios; nothing fails by being slow.
//
//   node bench/compose-load.mjs [--rounds N]      needs a built dist/
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { interleave, median } from './lib/measure.mjs';

const rounds = Number(process.argv[process.argv.indexOf('--rounds') + 1]) || 9;
const cli = resolve('dist/tcompose.cjs');
const scratch = mkdtempSync(join(tmpdir(), 'tcompose-bench-'));
const ms = (value) => `${value.toFixed(1)} ms`.padStart(11);

try {
  const sizes = [10, 100, 1000, 10_000];
  const file = (size) => join(scratch, `${size}.yaml`);
  for (const size of sizes) writeFileSync(file(size), project(size));

  console.log('whole command (median)');
  const contenders = [
    { name: 'node -e 0', args: ['-e', '0'] },
    ...sizes.map((size) => ({ name: `${size} services`, args: [cli, '-f', file(size), 'config'], size })),
  ].map((contender) => ({ ...contender, run: () => time(contender.args) }));
  const times = await interleave(contenders, rounds);
  const floor = median(times.get('node -e 0'));
  for (const { name, size } of contenders) {
    const took = median(times.get(name));
    const each =
      size === undefined ? '' : `   ${(((took - floor) * 1000) / size).toFixed(0)} µs a service above it`;
    console.log(`  ${name.padEnd(20)}${ms(took)}   ${(took / floor).toFixed(2)} x node -e 0${each}`);
  }

  console.log('in one process, load and print (median)');
  const { loadProject, renderConfig } = await bundle();
  let before;
  for (const size of sizes) {
    const times = [];
    for (let round = 0; round < rounds; round += 1) {
      const started = performance.now();
      const { project: loaded } = await loadProject({ files: [file(size)], env: {} });
      renderConfig(loaded, { format: 'yaml' });
      times.push(performance.now() - started);
    }
    times.sort((a, b) => a - b);
    const each = (median(times) * 1000) / size;
    const ratio = before === undefined ? '' : `   ${(each / before).toFixed(2)} x that of the size before`;
    console.log(
      `  ${`${size} services`.padEnd(20)}${ms(median(times))}   ${each.toFixed(0)} µs a service${ratio}`,
    );
    before = each;
  }

  console.log('large or hostile files: time, most memory, how it ended');
  const cases = {
    '10 MB of services': project(Math.ceil(10e6 / (project(1000).length / 1000))),
    '10 MB, a mistake at the end': `${'# comment\n'.repeat(1_000_000)}services: [`,
    '10 MB, one long string': `services: {a: {image: "${'x'.repeat(10e6)}"}}`,
    '10 MB of list items': `x-list:\n${'  - item\n'.repeat(10e6 / 9)}services: {}\n`,
    '10 MB in rare syntax': `? services\n: {}\nx-text: |\n${'  text\n'.repeat(10e6 / 7)}`,
    'alias bomb': bomb(),
    'variable bomb': `services: {a: {image: "${'${A:-'.repeat(2e6)}"}}`,
  };
  for (const [name, text] of Object.entries(cases)) {
    const path = join(scratch, 'case.yaml');
    writeFileSync(path, text);
    const started = performance.now();
    const script = `process.on('exit',()=>process._rawDebug(process.resourceUsage().maxRSS))`;
    const preload = join(scratch, 'preload.cjs');
    writeFileSync(preload, script);
    const ended = spawnSync(process.execPath, ['-r', preload, cli, '-f', path, 'config', '-q'], {
      encoding: 'utf8',
    });
    const took = performance.now() - started;
    const lines = ended.stderr.trim().split('\n');
    const memory = `${(Number(lines.at(-1)) / 1024).toFixed(0)} MiB`;
    const first = ended.status === 0 ? 'loaded' : (lines[0] ?? '').slice(0, 90);
    console.log(`  ${name.padEnd(30)}${ms(took)} ${memory.padStart(9)}   ${first}`);
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

/** Milliseconds of one run of node. */
function time(args) {
  const started = performance.now();
  const ended = spawnSync(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' });
  if (ended.status !== 0) throw new Error(`node ${args.join(' ')}: ${ended.stderr}`);
  return performance.now() - started;
}

/** The loader as a module of its own, so that it is measured warm. */
async function bundle() {
  const outfile = join(scratch, 'load.mjs');
  await build({
    stdin: {
      contents: `export { loadProject } from './src/compose/load.ts'; export { renderConfig } from './src/compose/config/index.ts';`,
      resolveDir: process.cwd(),
    },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
    logLevel: 'error',
  });
  return import(pathToFileURL(outfile).href);
}

/** A compose file of services like those people write. */
function project(size) {
  let text = 'name: bench\nservices:\n';
  for (let index = 0; index < size; index += 1) {
    text += `  service-${index}:
    image: registry.example/app:${index}
    command: ["node", "server.js", "--port", "3000"]
    environment:
      NAME: service-${index}
      LEVEL: \${LEVEL:-info}
    ports:
      - "${10_000 + index}:3000"
    volumes:
      - data-${index}:/data
    labels:
      com.example.tier: backend
    healthcheck:
      test: curl -f http://localhost:3000/health
      interval: 10s
      retries: 3
    depends_on: [${index === 0 ? '' : 'service-0'}]
    deploy:
      resources:
        limits:
          memory: 128M
    restart: unless-stopped
`;
  }
  text += 'volumes:\n';
  for (let index = 0; index < size; index += 1) text += `  data-${index}: {}\n`;
  return text;
}

function bomb() {
  let text = 'x0: &x0 [a, a, a, a, a, a, a, a, a]\n';
  for (let level = 1; level < 12; level += 1) {
    text += `x${level}: &x${level} [${Array(9)
      .fill(`*x${level - 1}`)
      .join(', ')}]\n`;
  }
  return `${text}services: {}\n`;
}
