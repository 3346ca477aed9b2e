import { chmodSync, chownSync, closeSync, constants, openSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { basename, dirname } from 'node:path';

/** Connections of a step's programs to an agent at a time; more are refused. */
const mostConnections = 32;

/**
 * Makes a socket at `path` that leads to the agent at `agent`: the command of a step sees a socket with the owner and mode of its mount, and
 * the agent's own stays out of its sight.
 * @returns the release, which ends connections and takes the socket away
 */
export async function forwardAgent(
  agent: string,
  path: string,
  { uid, gid, mode }: { readonly uid: number; readonly gid: number; readonly mode: number },
): Promise<() => Promise<void>> {
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const there = connect(agent);
    for (const one of [client, there]) {
      open.add(one);
      one.once('close', () => open.delete(one));
    }
    client.on('error', () => there.destroy());
    there.on('error', () => client.destroy());
    client.pipe(there);
    there.pipe(client);
  });
  server.maxConnections = mostConnections;
  // sun_path has 108 bytes, so the directory is addressed by its descriptor.
  const directory = openSync(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(`/proc/self/fd/${directory}/${basename(path)}`, resolve);
    });
    chownSync(path, uid, gid);
    chmodSync(path, mode);
  } catch (error) {
    server.close();
    closeSync(directory);
    throw error;
  }
  return async () => {
    for (const one of open) one.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
    closeSync(directory);
  };
}
