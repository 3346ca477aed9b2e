import { chmodSync, renameSync, rmSync } from 'node:fs';
import { request as httpRequest, type Server } from 'node:http';
import type { Layout } from '../store/layout.ts';

/**
 * Listens under another name, warms up by sending itself a request, then takes the socket's name: no client meets a
 * cold engine.
 */
export async function listen(server: Server, layout: Layout): Promise<void> {
  const temporary = `${layout.socket}.new`;
  rmSync(temporary, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(temporary, 1024, resolve);
  });
  chmodSync(temporary, 0o600);
  for (const path of ['/_ping', '/v1.47/containers/json?all=1', '/v1.47/networks', '/version']) {
    await ask(temporary, path);
  }
  renameSync(temporary, layout.socket);
}

/** Sends one request and waits for the end of the answer, whatever it says. */
function ask(socketPath: string, path: string): Promise<void> {
  return new Promise((resolve) => {
    const request = httpRequest({ socketPath, path, agent: false }, (response) => {
      response.resume();
      response.on('close', () => resolve());
    });
    request.on('error', () => resolve());
    request.end();
  });
}
