import { readFileSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { TcomposeError } from '../../../errors.ts';
import { visibleLine } from '../../../visible.ts';
import { holdsSocket } from './socket-holder.ts';

/** What is watched: a project in one engine. */
export interface Watched {
  readonly project: string;
  /** The engine's identifier (`ID` of GET /info). */
  readonly engine: string;
}

/** The process that watches a project. */
export interface Holder {
  readonly pid: number;
  /** It runs without a terminal, until it is ended. */
  readonly background: boolean;
}

/** Milliseconds that the holder of a lock has to identify itself. */
const answerWithin = 1000;
/** Attempts: a holder may end after it was in the way and before it is asked. */
const attempts = 5;

/**
 * Makes this process the only one that watches a project, within its network namespace. The lock is an abstract unix
 * socket (unix(7)): the kernel allows each name once, and frees it when the process ends in any way.
 * @returns the release; idempotent. @throws TcomposeError CLI_WATCH naming the process that watches it
 */
export async function lockProject(
  watched: Watched,
  { pid = process.pid, background = false }: Partial<Holder> = {},
): Promise<() => void> {
  const name = socketName(watched);
  for (let attempt = 1; ; attempt++) {
    const server = await listen(name, { pid, background });
    if (server !== undefined) return () => void server.close();
    const holder = await askHolder(name);
    if (holder !== 'gone' || attempt === attempts) throw taken(watched.project, holder);
  }
}

/** Prefix of all these sockets' names. */
export const socketPrefix = '\0tcompose-watch-';

/** Names of projects and engines may have any length, those of sockets 107 bytes. */
function socketName({ project, engine }: Watched): string {
  // Loaded here: every listing looks for watchers, and usually there is none.
  const { createHash } = process.getBuiltinModule('node:crypto');
  const hash = createHash('sha256')
    .update(JSON.stringify([engine, project]))
    .digest('hex');
  return `${socketPrefix}${hash}`;
}

/** A server that answers with this process's id; undefined when another process has the name. */
function listen(name: string, { pid, background }: Holder): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.end(`${pid}${background ? ' background' : ''}\n`);
    });
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else
        reject(
          new TcomposeError('CLI_WATCH', `can't keep other watchers of the project out: ${error.message}`, {
            cause: error,
          }),
        );
    });
    server.listen(name, () => resolve(server.unref()));
  });
}

/** The process that watches a project, if the kernel confirms its answer; undefined if there is none. */
export async function watcherOf(watched: Watched): Promise<Holder | undefined> {
  const name = socketName(watched);
  const holder = await askHolder(name);
  return typeof holder === 'object' && holdsSocket(holder.pid, name) ? holder : undefined;
}

/** The process that has the name; undefined when it does not answer, for example because it is stopped. */
function askHolder(name: string): Promise<Holder | 'gone' | undefined> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(name);
    const timer = setTimeout(() => socket.destroy(), answerWithin);
    socket.on('data', (piece) => {
      text += piece;
      if (text.length > 40) socket.destroy();
    });
    socket.once('error', ({ code }: NodeJS.ErrnoException) => {
      if (code === 'ECONNREFUSED' || code === 'ENOENT') resolve('gone');
    });
    socket.once('close', () => {
      clearTimeout(timer);
      const told = /^(\d{1,10})( background)?\n$/.exec(text);
      resolve(told === null ? undefined : { pid: Number(told[1]), background: told[2] !== undefined });
    });
  });
}

function taken(project: string, holder: Holder | 'gone' | undefined): TcomposeError {
  const told = typeof holder === 'object' ? holder : undefined;
  const who = told === undefined ? 'another process, whose id is not known' : `process ${told.pid}`;
  return new TcomposeError('CLI_WATCH', `project ${JSON.stringify(project)} is being watched by ${who}`, {
    hint:
      told?.background === true
        ? 'It runs in the background: `tcompose watch --stop` ends it.'
        : `End that one first; it ${commandOf(told?.pid) ?? 'may be an `up --watch`'}.`,
  });
}

/** The command line of a tcompose process; undefined if unknown. */
function commandOf(pid: number | undefined): string | undefined {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      .split('\0')
      .filter((word) => word !== '');
    const at = words.findIndex((word) => /(^|\/)(tcompose|tcompose\.cjs|cli\.cjs)$/.test(word));
    return at < 0
      ? undefined
      : `is \`${visibleLine(['tcompose', ...words.slice(at + 1)].join(' ').slice(0, 120))}\``;
  } catch {
    return undefined;
  }
}
