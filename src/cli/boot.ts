/**
 * Loads the CLI bundle with V8's code cache, which saves most of the time that Node takes to compile it. The cache is
 * beside the bundle, so it is as trustworthy as the bundle itself (V8 does not check a cache before running it); if
 * that directory can't be written to, there is no cache. One file for each command, because a cache contains what one
 * run has compiled.
 */
import { isAscii } from 'node:buffer';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { constants, Script } from 'node:vm';
import { commandNames } from './arguments/command-names.ts';

// The shell line before this (scripts/build.mjs) has hidden it from Node; compose files and child processes may refer
// to it.
const { TCOMPOSE_EXTRA_CA_CERTS: authorities } = process.env;
if (authorities !== undefined) {
  process.env.NODE_EXTRA_CA_CERTS = authorities;
  delete process.env.TCOMPOSE_EXTRA_CA_CERTS;
}

const dist = dirname(__filename);
const bundle = join(dist, 'cli.cjs');

/** If a flag's value is a command's name, `-p up`, this only selects the cache of another command. */
const [, program = '', ...words] = process.argv;
const command =
  basename(program) === 'tcompose-oci'
    ? 'oci'
    : (words.find((word) => commandNames.includes(word)) ?? 'help');

function cacheFile(): string {
  const { mtimeMs, size } = statSync(bundle);
  return join(
    dist,
    'cache',
    `${process.version}-${process.arch}-${Math.floor(mtimeMs)}-${size}`,
    `${command}.bin`,
  );
}

/** How many runs contribute functions to a command's cache: the first may only have printed an error. */
const runs = 3;
const fileOf = (run: number): string => (run === runs ? file : `${file}.${run}`);

/** The cache made by the highest number of runs. */
function readCache(): { readonly data: Buffer | undefined; readonly run: number } {
  for (let run = runs; run > 0; run--) {
    try {
      return { data: readFileSync(fileOf(run)), run };
    } catch {
      // Try the one of fewer runs.
    }
  }
  return { data: undefined, run: 0 };
}

/** Stores what this run and those before it compiled; deletes caches of other bundles or Node versions. */
function writeCache(script: Script, run: number): void {
  try {
    const dir = dirname(file);
    const root = dirname(dir);
    mkdirSync(dir, { recursive: true });
    for (const name of readdirSync(root))
      if (join(root, name) !== dir) rmSync(join(root, name), { recursive: true, force: true });
    const temporary = `${file}.new.${process.pid}`;
    writeFileSync(temporary, script.createCachedData());
    renameSync(temporary, fileOf(run));
    for (let other = 1; other <= runs; other++) if (other !== run) rmSync(fileOf(other), { force: true });
  } catch {
    // A read-only installation works without a cache.
  }
}

/**
 * The bundle's text: a function with a module's parameters (scripts/build.mjs), so that it need not be wrapped, which
 * would copy it. It is nearly always plain ASCII, which is decoded fastest as latin1.
 */
function readBundle(): string {
  const bytes = readFileSync(bundle);
  return bytes.toString(isAscii(bytes) ? 'latin1' : 'utf8');
}

const file = cacheFile();
const cached = readCache();
const script = new Script(readBundle(), {
  filename: bundle,
  importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  ...(cached.data === undefined ? {} : { cachedData: cached.data }),
});
const accepted = cached.data !== undefined && script.cachedDataRejected !== true;
const next = accepted ? cached.run + 1 : 1;
if (next <= runs) process.on('exit', () => writeCache(script, next));
const run = script.runInThisContext() as (...args: unknown[]) => void;
run({}, createRequire(bundle), module, bundle, dist);
