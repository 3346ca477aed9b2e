import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { TcomposeError } from '../../errors.ts';
import { writeJson } from './json-file.ts';

/** Every path of an engine; docs/architecture.md, "State". */
export interface Layout {
  readonly lib: string;
  readonly run: string;
  readonly socket: string;
  readonly lock: string;
  readonly log: string;
  readonly keeperPid: string;
  /** Written by an engine that ends because it was asked to or had nothing to do; removed by the next. */
  readonly ended: string;
  readonly format: string;
  readonly instance: string;
  readonly events: string;
  readonly containers: string;
  readonly networks: string;
  readonly volumes: string;
  /** What the machine's owner may set for the engine (docs/runtimes.md). */
  readonly config: string;
  readonly containerRuns: string;
  readonly execRuns: string;
  /** Directories on their way out: of `lib`, and of `run`, which is often another file system. */
  readonly trash: string;
  readonly runTrash: string;
}

const systemLib = '/var/lib/tcompose';

/** The paths under the two directories, both absolute. */
export function layoutOf(lib: string, run: string): Layout {
  return {
    lib,
    run,
    socket: join(run, 'engine.sock'),
    lock: join(run, 'engine.lock'),
    log: join(run, 'engine.log'),
    keeperPid: join(run, 'keeper.pid'),
    ended: join(run, 'ended'),
    format: join(lib, 'format'),
    instance: join(lib, 'instance'),
    events: join(lib, 'events.log'),
    containers: join(lib, 'containers'),
    networks: join(lib, 'networks'),
    volumes: join(lib, 'volumes'),
    config: lib === systemLib ? '/etc/tcompose/engine.json' : join(dirname(lib), 'etc', 'engine.json'),
    containerRuns: join(run, 'c'),
    execRuns: join(run, 'e'),
    trash: join(lib, 'trash'),
    runTrash: join(run, 'trash'),
  };
}

/** `--lib`/`--run` win over $TCOMPOSE_ROOT/{lib,run}, which wins over /var/lib/tcompose and /run/tcompose. */
export function locate(
  options: { readonly lib?: string; readonly run?: string },
  env: Readonly<Record<string, string | undefined>>,
): Layout {
  const root = env.TCOMPOSE_ROOT;
  const lib = options.lib ?? (root ? join(root, 'lib') : systemLib);
  const run = options.run ?? (root ? join(root, 'run') : '/run/tcompose');
  return layoutOf(lib, run);
}

/** Makes the directories: lib and run 0711 (a container's user must be able to pass), what is in them 0700. */
export function makeDirectories(layout: Layout): void {
  for (const path of [layout.lib, layout.run]) {
    mkdirSync(path, { recursive: true, mode: 0o711 });
    chmodSync(path, 0o711);
  }
  for (const path of [layout.containers, layout.volumes, layout.containerRuns]) {
    mkdirSync(path, { recursive: true, mode: 0o711 });
  }
  for (const path of [layout.networks, layout.execRuns]) mkdirSync(path, { recursive: true, mode: 0o700 });
}

/** Version of the state format this engine reads and writes. */
const stateFormat = 1;

/**
 * Checks `format`, writing it on first use. Throws ENGINE_STATE_NEWER for a newer one and ENGINE_STATE_CORRUPT for
 * what is no number.
 */
export function checkFormat(layout: Layout): void {
  const text = readOptional(layout.format);
  if (text === undefined) {
    writeJson(layout.format, stateFormat);
    return;
  }
  const found = Number(text.trim());
  if (!Number.isInteger(found) || found < 1) {
    throw new TcomposeError('ENGINE_STATE_CORRUPT', `${layout.format} holds no format version.`);
  }
  if (found > stateFormat) {
    throw new TcomposeError(
      'ENGINE_STATE_NEWER',
      `${layout.lib} was written by a newer tcompose (state format ${found}; this one knows ${stateFormat}).`,
      { hint: 'run that version, or give this one another directory with TCOMPOSE_ROOT' },
    );
  }
}

/** The engine root's instance id, 8 hex digits, made once. */
export function readInstance(layout: Layout): string {
  const text = readOptional(layout.instance)?.trim().replace(/^"|"$/g, '');
  if (text !== undefined) {
    if (!/^[0-9a-f]{8}$/.test(text)) {
      throw new TcomposeError('ENGINE_STATE_CORRUPT', `${layout.instance} is not eight hex digits.`);
    }
    return text;
  }
  const instance = randomBytes(4).toString('hex');
  writeJson(layout.instance, instance);
  return instance;
}

/** Identifies this boot of the kernel. */
export function readBootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

function readOptional(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
