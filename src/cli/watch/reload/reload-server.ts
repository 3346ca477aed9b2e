import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { script } from './script.ts';

/** Most pages to notify. */
const mostPages = 100;
/** Host names of this machine that a page may come from, and that a browser may request. */
const local = /^(localhost|[a-z0-9-]+\.localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;

/**
 * Tells open pages to reload, by server-sent events. It listens only on loopback, and answers only pages of this
 * machine: neither another site's page nor a name that happens to resolve to this machine gets any information.
 */
export class ReloadServer {
  readonly #pages = new Set<ServerResponse>();
  readonly #servers: readonly Server[];
  /** Resolves when it listens. Rejects when the port is not available. */
  readonly ready: Promise<void>;

  constructor(port: number) {
    const serve = () => createServer((request, response) => this.#answer(request, response));
    const [four, six] = [serve(), serve()];
    this.#servers = [four, six];
    this.ready = listen(four, port, '127.0.0.1');
    // A machine may lack IPv6.
    listen(six, port, '::1').catch(() => {});
  }

  /** Notifies all open pages. */
  tell(): void {
    for (const page of this.#pages) page.write('event: reload\ndata: \n\n');
  }

  close(): void {
    for (const page of this.#pages) page.destroy();
    for (const server of this.#servers) {
      server.close();
      server.closeAllConnections();
    }
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { origin, host = '' } = request.headers;
    const from = origin === undefined ? undefined : /^https?:\/\/(.*)$/.exec(origin)?.[1];
    if (!local.test(host) || (origin !== undefined && !local.test(from ?? ''))) {
      response.writeHead(403).end();
      return;
    }
    const path = request.url?.replace(/\?.*$/, '');
    if (request.method !== 'GET' || (path !== '/events' && path !== '/reload.js')) {
      response.writeHead(404).end();
      return;
    }
    const headers = {
      'Cache-Control': 'no-store',
      ...(origin === undefined ? {} : { 'Access-Control-Allow-Origin': origin, Vary: 'Origin' }),
    };
    if (path === '/reload.js') {
      response.writeHead(200, { ...headers, 'Content-Type': 'text/javascript; charset=utf-8' }).end(script);
      return;
    }
    if (this.#pages.size >= mostPages) {
      response.writeHead(503).end();
      return;
    }
    response.writeHead(200, { ...headers, 'Content-Type': 'text/event-stream' });
    response.write(': waiting\n\n');
    this.#pages.add(response);
    response.once('close', () => this.#pages.delete(response));
  }
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, ipv6Only: true }, () => {
      server.off('error', reject);
      server.on('error', () => {});
      // An open page must not keep the command running.
      server.unref();
      resolve();
    });
  });
}
