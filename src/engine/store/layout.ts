import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { settingsFile } from '../client/engine-paths.ts';
import { makeDirectory } from './make-directory.ts';

/** Every path of an engine; docs/architecture.md, "State". */
export interface Layout {
  readonly lib: string;
  readonly run: string;
  readonly socket: string;
  readonly lock: string;
  readonly stateLock: string;
  readonly log: string;
  readonly keeperPid: string;
  /** Written by an engine that ends by request or from idleness; removed by the next. */
  readonly ended: string;
  /** See process/notices.ts. */
  readonly notices: string;
  readonly format: string;
  readonly instance: string;
  readonly events: string;
  readonly containers: string;
  /** An empty directory: see emptyDirectory of containers/host/root-context.ts. */
  readonly empty: string;
  readonly networks: string;
  readonly volumes: string;
  /** Settings by the machine's owner (docs/runtimes.md). */
  readonly config: string;
  /** Copies of what running containers depend on: the instance, and the networks of this boot. */
  readonly copies: string;
  readonly containerRuns: string;
  readonly execRuns: string;
  /** Directories to be deleted: of `lib`, and of `run`, which is often another file system. */
  readonly trash: string;
  readonly runTrash: string;
  /** Directories made in advance: of containers, and of their runs. */
  readonly spares: string;
  readonly runSpares: string;
}

const systemLib = '/var/lib/tcompose';

/** The paths under the two directories, both absolute; `config` is where a rootless engine has its settings. */
export function layoutOf(lib: string, run: string, config?: string): Layout {
  return {
    lib,
    run,
    socket: join(run, 'engine.sock'),
    lock: join(run, 'engine.lock'),
    stateLock: join(lib, 'engine.lock'),
    log: join(run, 'engine.log'),
    keeperPid: join(run, 'keeper.pid'),
    ended: join(run, 'ended'),
    notices: join(run, 'notices'),
    format: join(lib, 'format'),
    instance: join(lib, 'instance'),
    events: join(lib, 'events.log'),
    containers: join(lib, 'containers'),
    empty: join(lib, 'empty'),
    networks: join(lib, 'networks'),
    volumes: join(lib, 'volumes'),
    config: settingsFile({ lib, ...(config === undefined ? {} : { config }) }),
    copies: join(run, 'copies'),
    containerRuns: join(run, 'c'),
    execRuns: join(run, 'e'),
    trash: join(lib, 'trash'),
    runTrash: join(run, 'trash'),
    spares: join(lib, 'spares'),
    runSpares: join(run, 'spares'),
  };
}

/**
 * `--lib`/`--run` take precedence over $TCOMPOSE_ROOT/{lib,run}, which takes precedence over /var/lib/tcompose and
 * /run/tcompose.
 */
export function locate(
  options: { readonly lib?: string; readonly run?: string },
  env: Readonly<Record<string, string | undefined>>,
): Layout {
  const root = env.TCOMPOSE_ROOT;
  const lib = options.lib ?? (root ? join(root, 'lib') : systemLib);
  const run = options.run ?? (root ? join(root, 'run') : '/run/tcompose');
  return layoutOf(lib, run, env.TCOMPOSE_CONFIG || undefined);
}

/**
 * Makes the directories, accessible only to the engine's user: what containers write is below them, including programs
 * with a set-user-id bit. Whatever a container's own user needs from them is mounted by root before any process of that
 * user exists. Directories that an earlier version left open to others are closed.
 */
export function makeDirectories(layout: Layout): void {
  const { lib, run, containers, volumes, networks, copies, containerRuns, execRuns } = layout;
  for (const path of [lib, run, containers, volumes, networks, copies, containerRuns, execRuns]) {
    makeDirectory(path, 0o700);
    chmodSync(path, 0o700);
  }
  makeDirectory(layout.empty, 0o755);
}
