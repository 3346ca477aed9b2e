// Builds dist/: the CLI and engine bundles and the static C binary. `--all-architectures` (npm pack) also cross-compiles.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { build } from 'esbuild';
import { bundledPackages, notices } from './notices.mjs';

const all = process.argv.includes('--all-architectures');
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));

if (existsSync('scripts/compile-schemas.mjs')) await import('./compile-schemas.mjs');

rmSync('dist/cache', { recursive: true, force: true });
// tcompose.cjs is a loader that runs cli.cjs from V8's code cache.
// Its first lines are shell: Node reads `--env-file` even behind the script's name, and dies of a missing file, unless `--` comes first.
// Of NODE_EXTRA_CA_CERTS Node 20 reads every certificate at each start, more than half of it: boot.ts has the variable back.
const aside =
  'if [ "${NODE_EXTRA_CA_CERTS-}" ]; then export TCOMPOSE_EXTRA_CA_CERTS="$NODE_EXTRA_CA_CERTS"; unset NODE_EXTRA_CA_CERTS; fi';
const start = `#!/bin/sh\n":" //; ${aside}; exec node -- "$0" "$@"\n`;
const entries = {
  tcompose: 'src/cli/boot.ts',
  cli: 'src/cli/main.ts',
  engine: 'src/engine/main.ts',
  'image-worker': 'src/engine/image-worker.ts',
};
/** What goes around a bundle: the loader begins with shell, and runs the CLI as a function of what a module is given. */
const wrapping = {
  tcompose: [start, ''],
  cli: ['(function(exports,require,module,__filename,__dirname){', '})'],
};
const packages = new Set();
for (const [name, entry] of Object.entries(entries)) {
  if (!existsSync(entry)) continue;
  const [head, foot] = wrapping[name] ?? ['', ''];
  const { metafile } = await build({
    entryPoints: [entry],
    outfile: `dist/${name}.cjs.new`,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    minifySyntax: true,
    minifyWhitespace: true,
    // Every start reads the CLI's text: a quarter less of it is a tenth of the start.
    minifyIdentifiers: name === 'cli',
    legalComments: 'none',
    metafile: true,
    external: ['koffi'],
    define: { TCOMPOSE_VERSION: JSON.stringify(version), 'import.meta.url': '__importMetaUrl' },
    banner: { js: `${head}const __importMetaUrl=require('node:url').pathToFileURL(__filename).href;` },
    footer: { js: foot },
    logLevel: 'warning',
  });
  escapeOthers(`dist/${name}.cjs.new`);
  if (name === 'tcompose') chmodSync('dist/tcompose.cjs.new', 0o755);
  // What is there may be running, and start more of itself: it is replaced whole.
  renameSync(`dist/${name}.cjs.new`, `dist/${name}.cjs`);
  for (const one of bundledPackages(metafile)) packages.add(one);
}
writeFileSync('dist/THIRD_PARTY_NOTICES', notices(packages));
if (existsSync('dist/tcompose.cjs')) linkCommand('node_modules/.bin/tcompose');

const native = 'src/runtime/native';
const nativeFolders = [
  '',
  '/keeper',
  '/monitor',
  '/foreign',
  '/init',
  '/options',
  '/plan',
  '/plan/generated',
  '/probe',
  '/watch',
  '/forward',
  '/rootless',
];
const sources = nativeFolders.flatMap((folder) =>
  readdirSync(native + folder)
    .filter((file) => file.endsWith('.c'))
    .map((file) => `${native}${folder}/${file}`),
);
if (sources.length > 0) {
  mkdirSync('dist/native', { recursive: true });
  const own = process.arch === 'arm64' ? 'arm64' : 'x64';
  compile(own, process.env.CC ?? 'cc');
  if (all) {
    const other = own === 'x64' ? 'arm64' : 'x64';
    const cross = other === 'arm64' ? 'aarch64-linux-gnu-gcc' : 'x86_64-linux-gnu-gcc';
    if (spawnSync(cross, ['--version']).status !== 0) {
      console.error(
        `tcompose: ${cross} is needed to pack for both architectures (Debian: gcc-${other === 'arm64' ? 'aarch64' : 'x86-64'}-linux-gnu)`,
      );
      process.exit(1);
    }
    compile(other, cross);
  }
}

/** In a clone, npx would else install the project once more for itself, silently, before the first command. */
function linkCommand(link) {
  if (!existsSync('node_modules/.bin')) return;
  rmSync(link, { force: true });
  symlinkSync('../../dist/tcompose.cjs', link);
}

/**
 * Makes a bundle plain ASCII, which V8 keeps in half the memory and the loader decodes ten times faster. esbuild does so for
 * strings, but leaves regular expressions as they are; the escape means the same there.
 */
function escapeOthers(file) {
  const text = readFileSync(file, 'utf8');
  const plain = text.replace(
    /[^\0-\x7f]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  if (plain !== text) writeFileSync(file, plain);
}

function compile(arch, cc) {
  const out = `dist/native/tcompose-shim-${arch}`;
  const flags = [
    '-std=gnu11',
    '-Os',
    '-static',
    '-s',
    '-Wall',
    '-Wextra',
    '-Werror',
    '-ffunction-sections',
    '-Wl,--gc-sections',
    '-D_GNU_SOURCE',
    ...nativeFolders.map((folder) => `-I${native}${folder}`),
  ];
  execFileSync(cc, [...flags, '-o', `${out}.new`, ...sources], { stdio: 'inherit' });
  renameSync(`${out}.new`, out);
}
