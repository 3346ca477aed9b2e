import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

export interface FakeEngine {
  readonly path: string;
  /** `METHOD /path?query` of every request, in order. */
  readonly requests: string[];
  /** Connections made so far. */
  readonly connections: () => number;
  handle: Handler;
  onUpgrade: ((request: IncomingMessage, socket: Socket) => void) | undefined;
  listen(): Promise<void>;
  /** Drops the listener and every connection, as a killed engine does. */
  die(): Promise<void>;
  close(): Promise<void>;
}

/** An HTTP server on a unix socket that can be killed and brought back. `/_ping` is answered as an engine would. */
export function fakeEngine(apiVersion = '1.47', server = 'Docker/1 (linux)'): FakeEngine {
  const dir = mkdtempSync(join(tmpdir(), 'tcompose-test-client-'));
  const path = join(dir, 'engine.sock');
  const sockets = new Set<Socket>();
  let made = 0;
  const http = createServer((request, response) => {
    engine.requests.push(`${request.method} ${request.url}`);
    if (request.url === '/_ping') {
      response.setHeader('Api-Version', apiVersion);
      response.setHeader('Server', server);
      response.end('OK');
    } else engine.handle(request, response);
  });
  http.on('connection', (socket) => {
    made += 1;
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  http.on('upgrade', (request, socket: Socket) => {
    engine.requests.push(`${request.method} ${request.url}`);
    engine.onUpgrade?.(request, socket);
  });
  const engine: FakeEngine = {
    path,
    requests: [],
    connections: () => made,
    handle: (_request, response) => void response.writeHead(404).end('{"message":"not here"}'),
    onUpgrade: undefined,
    listen: () => new Promise((resolve) => http.listen(path, resolve)),
    die: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        if (!http.listening) return resolve();
        http.close(() => resolve());
      }),
    async close() {
      await engine.die();
      rmSync(dir, { recursive: true, force: true });
    },
  };
  return engine;
}
