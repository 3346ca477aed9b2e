/**
 * Loads the CLI bundle with V8's code cache, which saves most of the time Node takes to compile it. The cache lies beside
 * the bundle, so it is as trustworthy as the bundle itself (V8 runs a cache unchecked); where that directory cannot be
 * written there is none. One file a command, because a cache holds what a run has compiled.
 */
import { isAscii } from 'node:buffer';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { constants, Script } from 'node:vm';
import { commandNames } from './arguments/command-names.ts';

// The line of shell before this (scripts/build.mjs) has kept it from Node; compose files and children may ask for it.
const { TCOMPOSE_EXTRA_CA_CERTS: authorities } = process.env;
if (authorities !== undefined) {
  process.env.NODE_EXTRA_CA_CERTS = authorities;
  delete process.env.TCOMPOSE_EXTRA_CA_CERTS;
}

const dist = dirname(__filename);
const bundle = join(dist, 'cli.cjs');

/** A value that is a command's name, `-p up`, only leads to the cache of another command. */
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

/** Runs whose functions go into a command's cache: the first may have been the one that only printed an error. */
const runs = 3;
const fileOf = (run: number): string => (run === runs ? file : `${file}.${run}`);

/** The cache of the most runs there is. */
function readCache(): { readonly data: Buffer | undefined; readonly run: number } {
  for (let run = runs; run > 0; run--) {
    try {
      return { data: readFileSync(fileOf(run)), run };
    } catch {
      // That of fewer runs, then.
    }
  }
  return { data: undefined, run: 0 };
}

/** Keeps what this run and those before it compiled; caches of other bundles or Node versions go. */
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
    // A read-only installation works without.
  }
}

/**
 * The bundle's text: a function of what a module is given (scripts/build.mjs), so that nothing has to be put around it, which
 * would copy it. Plain ASCII, which it nearly always is, is decoded fastest as latin1.
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
