import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Channel } from './channel.ts';
import { declaredBody, declaredQuery } from './declared.ts';
import type { Exchange } from './exchange.ts';
import { failureOf } from './failure.ts';
import { type LastingAnswers, lastingAnswers } from './lasting-answers.ts';
import { createOpenStreams } from './open-streams.ts';
import { watchPeerFromEnd } from './peer-watch.ts';
import { plainChannel } from './plain-channel.ts';
import type { Lookup } from './router.ts';
import { sharedLoop } from './shared-loop.ts';
import { upgradedChannel } from './upgraded-channel.ts';
import { apiVersion, compareVersions, minApiVersion } from './versions.ts';

interface ServerHooks {
  /** Called at the start of every request; the returned function when its connection's work is done. */
  readonly begin: (request: string) => () => void;
  readonly failed: (request: string, error: unknown) => void;
  /** A long-lived answer was ended to make room for another; `sentence` says so. */
  readonly dropped: (sentence: string) => void;
}

/**
 * The HTTP server (not yet listening). Headers of every answer are like Docker's, so that clients negotiate as with
 * dockerd: Api-Version, Docker-Experimental, Ostype, Server.
 */
export function createApiServer(
  lookup: (method: string, path: string) => Lookup,
  headers: Readonly<Record<string, string>>,
  hooks: ServerHooks,
): Server {
  const lasting: LastingAnswers = lastingAnswers(createOpenStreams(), hooks.dropped);
  const mayBegin = sharedLoop();
  const server = createServer({ keepAlive: true, noDelay: true }, (request, response) => {
    const channel = plainChannel(request, response, headers, lasting);
    const turn = mayBegin();
    if (turn === undefined) void serve(request, channel);
    else void turn.then(() => serve(request, channel));
  });
  server.on('upgrade', (request, socket, head) => {
    void serve(request, upgradedChannel(request, socket as Socket, head, headers, lasting));
  });
  server.on('clientError', (_error, socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
    else socket.destroy();
  });
  // A client may close its half and continue to read; watchPeer detects one that is gone.
  (server as Server & { httpAllowHalfOpen: boolean }).httpAllowHalfOpen = true;
  server.on('connection', watchPeerFromEnd);
  // Log followers and waits are silent for hours; a request's headers must not take long.
  server.requestTimeout = 0;
  server.timeout = 0;
  server.keepAliveTimeout = 60_000;
  return server;

  async function serve(request: IncomingMessage, channel: Channel): Promise<void> {
    const url = request.url ?? '/';
    const at = url.indexOf('?');
    const path = at === -1 ? url : url.slice(0, at);
    const method = request.method ?? 'GET';
    const label = `${method} ${url}`;
    const end = hooks.begin(label);
    try {
      const found = lookup(method, path);
      const version = found.version ?? apiVersion;
      if (compareVersions(version, minApiVersion) < 0) {
        channel.send(400, {
          message: `client version ${version} is too old. Minimum supported API version is ${minApiVersion}, please upgrade your client to a newer version`,
        });
      } else if (compareVersions(version, apiVersion) > 0) {
        channel.send(400, {
          message: `client version ${version} is too new. Maximum supported API version is ${apiVersion}`,
        });
      } else if (url.includes('%00')) {
        channel.send(400, { message: 'the path and the query must not contain a NUL character' });
      } else if (found.kind !== 'match') {
        const what = found.kind === 'unknown' ? 'has no such endpoint' : `does not allow ${method} here`;
        // A wrong method is a 404 in Docker, too.
        channel.send(404, {
          message: `the tcompose engine ${what}: ${path}`,
        });
      } else {
        const { route } = found.match;
        const exchange: Exchange = {
          ...channel,
          method,
          path,
          version,
          query: declaredQuery(at === -1 ? '' : url.slice(at + 1), route.query),
          params: found.match.params,
          headers: request.headers,
          json: async <T>() => declaredBody<T>(await channel.json(), route, route.path),
        };
        await route.handler(exchange);
      }
    } catch (error) {
      hooks.failed(label, error);
      const { status, body } = failureOf(error);
      if (channel.answered()) channel.abort();
      else if (status === 304) channel.send(304);
      else channel.send(status, body);
    } finally {
      channel.whenDone(end);
    }
  }
}
