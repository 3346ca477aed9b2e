import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ClockFacts, EngineFacts, OtherEngine } from '../../doctor/facts.ts';
import type { EngineStatus } from '../../engine/api/engine.ts';
import { identify } from '../../engine/client/engine-client.ts';
import { type EnginePaths, enginePaths } from '../../engine/client/engine-paths.ts';
import { processRuns } from '../../engine/client/process-runs.ts';
import { accepts } from '../../engine/client/start-engine.ts';
import { createTransport } from '../../engine/client/transport.ts';
import { TcomposeError } from '../../errors.ts';
import { version } from '../../version.ts';
import type { Env } from '../context.ts';
import { names, text, within } from './machine.ts';

/** Milliseconds that an engine may take to answer. */
const patience = 2000;

/** Directories of this user's engine, or why the user can't have one. */
export function ownPaths(env: Env): EnginePaths | TcomposeError {
  try {
    return enginePaths(env);
  } catch (error) {
    if (error instanceof TcomposeError) return error;
    throw error;
  }
}

/**
 * What this user's engine reports about itself, or what the files of an engine that does not run say. It is never
 * started, nor handed over.
 */
export async function readEngine(paths: EnginePaths | TcomposeError, env: Env): Promise<EngineFacts> {
  const nothing = { cli: version, dockerHost: env.DOCKER_HOST || undefined, damaged: [], lastWords: [] };
  if (paths instanceof TcomposeError) {
    const unusable = { message: paths.message, hint: paths.hint ?? '' };
    return { ...nothing, socket: '', log: '', state: 'stopped', unusable };
  }
  const known = { ...nothing, socket: paths.socket, log: paths.log, unusable: undefined };
  if (env.DOCKER_HOST) return { ...known, state: 'stopped' };
  const refusal = await within(connects(paths.socket), patience, 'ETIMEDOUT');
  if (refusal === 'EACCES' || refusal === 'EPERM') return { ...known, state: 'refused' };
  const keeper = Number.parseInt(text(join(paths.run, 'keeper.pid')), 10);
  if (refusal === undefined) {
    const answer = await within(ask(paths.socket), patience, undefined);
    if (answer === undefined)
      return { ...known, state: 'silent', ...(processRuns(keeper) ? { pid: keeper } : {}) };
    const { status, server } = answer;
    const running = /^tcompose\/(\S+)/i.exec(server)?.[1] ?? status.version;
    return { ...known, state: 'running', version: running, pid: status.pid, damaged: status.damaged ?? [] };
  }
  if (processRuns(keeper)) return { ...known, state: 'silent', pid: keeper };
  return { ...known, state: 'stopped', damaged: asideIn(paths.lib), lastWords: lastWords(paths) };
}

/** The error's name when a socket can't be connected to. */
async function connects(socket: string): Promise<string | undefined> {
  if (await accepts(socket)) return undefined;
  const found = statSync(socket, { throwIfNoEntry: false });
  if (found === undefined) return 'ENOENT';
  const { mode, uid } = found;
  const own = process.getuid?.() ?? 0;
  return own !== 0 && uid !== own && (mode & 0o006) !== 0o006 ? 'EACCES' : 'ECONNREFUSED';
}

async function ask(path: string): Promise<{ readonly status: EngineStatus; readonly server: string }> {
  const transport = createTransport({ kind: 'unix', path });
  try {
    const { server } = await identify(transport);
    return { status: await transport.json<EngineStatus>({ path: '/tcompose/status' }), server };
  } finally {
    transport.close();
  }
}

/** Files that an engine has moved aside (store/damage.ts), if they are accessible without an engine. */
function asideIn(lib: string): EngineFacts['damaged'] {
  const directories = [
    '',
    'networks',
    'images',
    ...names(join(lib, 'containers'))
      .slice(0, 500)
      .map((id) => join('containers', id)),
  ];
  return directories.flatMap((directory) =>
    names(join(lib, directory))
      .filter((name) => name.endsWith('.damaged'))
      .map((name) => ({
        file: join(lib, directory, name),
        why: 'an engine could not read it and put it aside',
        remedy: 'It is not needed any more; start the engine and see `tcompose engine status`.',
      })),
  );
}

/** The last errors in the log of an engine that did not end on purpose. */
function lastWords({ log, ended }: EnginePaths): readonly string[] {
  if (existsSync(ended)) return [];
  const lines = text(log).split('\n').filter(Boolean);
  const last = lines.at(-1) ?? '';
  return / error /.test(last) || /^tcompose-shim/.test(last)
    ? lines.slice(-3).filter((line) => / error |^tcompose-shim/.test(line))
    : [];
}

/** The clock, and times that it can't be earlier than. */
export function readClock(paths: EnginePaths | TcomposeError, program: string | undefined): ClockFacts {
  const time = (path: string) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const files =
    paths instanceof TcomposeError
      ? []
      : [paths.log, ...['events.log', 'boot', 'instance', 'format'].map((name) => join(paths.lib, name))];
  const newest = files
    .map((path) => ({ path, time: readable(() => time(path)) }))
    .sort((a, b) => b.time - a.time)[0];
  return {
    now: Date.now(),
    installed: program === undefined ? 0 : time(program),
    newest: newest === undefined || newest.time === 0 ? undefined : newest,
  };
}

const readable = (read: () => number): number => {
  try {
    return read();
  } catch {
    return 0;
  }
};

/** Engines of other users in the default places (engine-paths.ts), as far as this user may see them. */
export async function otherEngines(own: string, uid: number): Promise<readonly OtherEngine[]> {
  const users = names('/run/user').map((id) => [id, `/run/user/${id}/tcompose/engine.sock`] as const);
  const without = names('/tmp').flatMap((name) => {
    const id = /^tcompose-(\d+)$/.exec(name)?.[1];
    return id === undefined ? [] : [[id, `/tmp/${name}/engine.sock`] as const];
  });
  const all = [['0', '/run/tcompose/engine.sock'] as const, ...users, ...without];
  const found = await Promise.all(
    all
      .filter(([, socket]) => socket !== own)
      .map(async ([id, socket]): Promise<OtherEngine | undefined> => {
        const whose = id === '0' ? 'root' : `user ${accountName(id)}`;
        if (existsSync(socket))
          return {
            whose,
            socket,
            running: uid === 0 ? await within(accepts(socket), patience, false) : undefined,
          };
        return id === '0' && closed('/run/tcompose') ? { whose, socket, running: undefined } : undefined;
      }),
  );
  return found.filter((one) => one !== undefined);
}

const accountName = (id: string): string =>
  text('/etc/passwd')
    .split('\n')
    .find((line) => line.split(':')[2] === id)
    ?.split(':')[0] ?? id;

/** Whether a directory exists but may not be read. */
function closed(path: string): boolean {
  if (!existsSync(path)) return false;
  try {
    readdirSync(path);
    return false;
  } catch {
    return true;
  }
}
