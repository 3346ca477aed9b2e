import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TcomposeError } from '../../errors.ts';
import { refuseForeignRoot } from './root-owner.ts';
import { ownAccount } from './rootless/account.ts';
import { ownView, userPlaces } from './rootless/places.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Directories of the built-in engine (docs/architecture.md, "State"). */
export interface EnginePaths {
  readonly lib: string;
  readonly run: string;
  readonly socket: string;
  readonly log: string;
  /** See store/layout.ts. */
  readonly ended: string;
  readonly notices: string;
  /** Settings by the machine's owner, or by the user for a rootless engine (docs/runtimes.md); absent: see `settingsFile`. */
  readonly config?: string;
}

/** Most bytes of TCOMPOSE_ROOT: a unix socket's address holds 107, and the engine's socket is below the root (unix(7)). */
const longestRoot = 90;

/**
 * `$TCOMPOSE_ROOT/{lib,run}`, else the system's directories for root, and a user's own directories for everybody else;
 * a relative root is below `cwd`.
 * @throws TcomposeError ENGINE_START_FAILED for a root that is too long, ENGINE_FORBIDDEN for a root, or a directory of
 * the user's own engine, that another user could replace
 */
export function enginePaths(env: Env, cwd = process.cwd()): EnginePaths {
  const root = env.TCOMPOSE_ROOT && resolve(cwd, env.TCOMPOSE_ROOT);
  const length = Buffer.byteLength(root ?? '');
  if (length > longestRoot) {
    throw new TcomposeError(
      'ENGINE_START_FAILED',
      `TCOMPOSE_ROOT has ${length} bytes, and at most ${longestRoot} fit: ${root}`,
      { hint: 'Choose a shorter path, or reach the directory by a symbolic link.' },
    );
  }
  if (root) refuseForeignRoot(root, process.getuid?.() ?? 0);
  if (root) return pathsOf({ lib: join(root, 'lib'), run: join(root, 'run') });
  const uid = process.getuid?.() ?? 0;
  if (uid === 0) return pathsOf({ lib: systemLib, run: '/run/tcompose' });
  return pathsOf(userPlaces(env, { uid, home: ownAccount(env).homedir, ...ownView }));
}

function pathsOf(places: Pick<EnginePaths, 'lib' | 'run' | 'config'>): EnginePaths {
  const { run } = places;
  return {
    ...places,
    socket: join(run, 'engine.sock'),
    log: join(run, 'engine.log'),
    ended: join(run, 'ended'),
    notices: join(run, 'notices'),
  };
}

const systemLib = '/var/lib/tcompose';

/** Path of engine.json for the engine whose state is in `lib`. */
export const settingsFile = ({ lib, config }: Pick<EnginePaths, 'lib' | 'config'>): string =>
  config ?? (lib === systemLib ? '/etc/tcompose/engine.json' : join(dirname(lib), 'etc', 'engine.json'));

/** The files from which an engine is started. */
export interface EngineProgram {
  readonly shim: string;
  readonly engine: string;
}

/**
 * Finds the engine bundle and the static binary: beside the CLI bundle, or in `dist` of the source tree.
 * @throws TcomposeError ENGINE_START_FAILED naming what is missing.
 */
export function engineProgram(): EngineProgram {
  const arch = process.arch === 'arm64' ? 'arm64' : 'x64';
  let dir = dirname(fileURLToPath(import.meta.url));
  for (let up = 0; up < 5; up++, dir = dirname(dir)) {
    for (const candidate of [dir, join(dir, 'dist')]) {
      const engine = join(candidate, 'engine.cjs');
      const shim = join(candidate, 'native', `tcompose-shim-${arch}`);
      if (existsSync(engine) && existsSync(shim)) return { engine, shim };
    }
  }
  throw new TcomposeError('ENGINE_START_FAILED', `this installation has no engine for ${process.arch}`, {
    hint: 'Run `npm run build` in the source tree, or install the package again.',
  });
}
