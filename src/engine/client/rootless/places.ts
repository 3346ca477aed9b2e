import { lstatSync, readFileSync, type Stats } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { TcomposeError } from '../../../errors.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Where a user's own engine keeps its files (XDG base directories). */
export interface UserPlaces {
  readonly lib: string;
  readonly run: string;
  /** Settings; docs/rootless.md. */
  readonly config: string;
}

/** The user who asks, and the file system as that user sees it. */
interface Asker {
  readonly uid: number;
  /** From the account, whatever $HOME says. */
  readonly home: string;
  readonly stat: (path: string) => Stats | undefined;
  /** The text of a file; '' if it can't be read. */
  readonly read: (path: string) => string;
}

/** File in the state directory: it names the run directory of the engine that serves this state. */
export const placeFile = 'at';

/** The file system as this process sees it. */
export const ownView: Pick<Asker, 'stat' | 'read'> = {
  stat: statIfThere,
  read(path) {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return '';
    }
  },
};

/** Does not follow links; undefined for what can't be examined. */
function statIfThere(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined;
  }
}

/**
 * State is below $XDG_DATA_HOME, socket and logs are below $XDG_RUNTIME_DIR. The latter is used if it is a directory of
 * the user's that is closed to others (su and sudo leave another user's value behind) and whose path leaves room for a
 * socket's; otherwise /tmp/tcompose-UID. A
 * $HOME that belongs to somebody else is assumed to come from such a command, too. If an engine serves that state
 * already, its run directory is used: a command of cron, which has no XDG_RUNTIME_DIR, means the same engine.
 * @throws TcomposeError ENGINE_FORBIDDEN when somebody else has made that directory in /tmp, and when the run directory
 * of an engine that serves the state is open to others
 */
export function userPlaces(env: Env, { uid, home, stat, read }: Asker): UserPlaces {
  const own = (path: string | undefined): path is string =>
    path !== undefined && isAbsolute(path) && (stat(path)?.uid ?? uid) === uid;
  const base = own(env.HOME) ? env.HOME : home;
  const data = own(env.XDG_DATA_HOME) ? env.XDG_DATA_HOME : join(base, '.local/share');
  const config = own(env.XDG_CONFIG_HOME) ? env.XDG_CONFIG_HOME : join(base, '.config');
  const lib = join(data, 'tcompose');
  const closed = isClosed({ uid, stat });
  const served = read(join(lib, placeFile)).trim();
  // The pid file of the process that holds its namespaces, which removes the file when it ends
  // (native/rootless/holder.c).
  const runs = isAbsolute(served) && read(join(served, 'holder.pid')) !== '';
  // Another directory would mean another engine with the same state.
  if (runs && !closed(served) && stat(served)?.isDirectory() === true && stat(served)?.uid === uid)
    throw new TcomposeError(
      'ENGINE_FORBIDDEN',
      `${served}, where your engine has its socket, has been opened to other users`,
      { hint: `Close it: chmod 700 ${served}` },
    );
  const isServed = runs && closed(served);
  return {
    lib,
    run: isServed ? served : runDirectory(env.XDG_RUNTIME_DIR, { uid, stat }),
    config: join(config, 'tcompose/engine.json'),
  };
}

/** Whether it is a directory of the user's that is closed to others. */
const isClosed =
  ({ uid, stat }: Pick<Asker, 'uid' | 'stat'>) =>
  (path: string): boolean => {
    const found = stat(path);
    return found?.isDirectory() === true && found.uid === uid && (found.mode & 0o077) === 0;
  };

/** Most bytes of a run directory: a unix socket's address holds 107 (unix(7)), and that of the engine is one of several in it. */
const longestRun = 94;

function runDirectory(given: string | undefined, asker: Pick<Asker, 'uid' | 'stat'>): string {
  const { uid, stat } = asker;
  const closed = isClosed(asker);
  if (given !== undefined && isAbsolute(given) && closed(given)) {
    const run = join(given, 'tcompose');
    if (Buffer.byteLength(run) <= longestRun) return run;
  }
  const fallback = `/tmp/tcompose-${uid}`;
  if (stat(fallback) !== undefined && !closed(fallback)) {
    throw new TcomposeError(
      'ENGINE_FORBIDDEN',
      `${fallback} is not safe: it is not a directory of yours that is closed to others, and XDG_RUNTIME_DIR names none`,
      { hint: 'Remove it, or set XDG_RUNTIME_DIR to a directory of yours with mode 700.' },
    );
  }
  return fallback;
}
