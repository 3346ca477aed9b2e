import { createHash } from 'node:crypto';
import { connect, createServer, type Server } from 'node:net';
import { TcomposeError } from '../../errors.ts';

/** What is watched: a project as one engine has it. */
export interface Watched {
  readonly project: string;
  /** The engine's own name (`ID` of GET /info). */
  readonly engine: string;
}

/** Milliseconds that the holder of a lock has to say who it is. */
const answerWithin = 1000;
/** Attempts: a holder may end between being in the way and being asked. */
const attempts = 5;

/**
 * Makes this process the only one that watches a project, as far as its network namespace goes. The lock is an abstract unix socket
 * (unix(7)): the kernel has one of a name, and takes it back when the process ends, however it does.
 * @returns the release; idempotent. @throws TcomposeError CLI_WATCH naming the process that watches it
 */
export async function lockProject(watched: Watched, pid: number = process.pid): Promise<() => void> {
  const name = socketName(watched);
  for (let attempt = 1; ; attempt++) {
    const server = await listen(name, pid);
    if (server !== undefined) return () => void server.close();
    const holder = await askHolder(name);
    if (holder !== 'gone' || attempt === attempts) throw taken(watched.project, holder);
  }
}

/** Names of projects and engines have any length, those of sockets 107 bytes. */
function socketName({ project, engine }: Watched): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([engine, project]))
    .digest('hex');
  return `\0tcompose-watch-${hash}`;
}

/** A server that tells who asks this process's id; undefined when another process has the name. */
function listen(name: string, pid: number): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.end(`${pid}\n`);
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

/** The id of the process that has the name; undefined when it does not tell, as one that is stopped. */
function askHolder(name: string): Promise<number | 'gone' | undefined> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(name);
    const timer = setTimeout(() => socket.destroy(), answerWithin);
    socket.on('data', (piece) => {
      text += piece;
      if (text.length > 20) socket.destroy();
    });
    socket.once('error', ({ code }: NodeJS.ErrnoException) => {
      if (code === 'ECONNREFUSED' || code === 'ENOENT') resolve('gone');
    });
    socket.once('close', () => {
      clearTimeout(timer);
      resolve(/^\d{1,10}\n$/.test(text) ? Number(text) : undefined);
    });
  });
}

function taken(project: string, holder: number | 'gone' | undefined): TcomposeError {
  const who =
    typeof holder === 'number' ? `process ${holder}` : 'another process, which does not tell its id';
  return new TcomposeError('CLI_WATCH', `project ${JSON.stringify(project)} is being watched by ${who}`, {
    hint: 'End that one first; it may be an `up --watch`.',
  });
}
