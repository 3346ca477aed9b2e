import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { TcomposeError } from '../../errors.ts';

/**
 * A connection to the shim of a run directory. A unix socket address has at most 107 bytes; a longer path goes through
 * an open descriptor of its directory. The connection may break before readFrames is called, which tells of it then.
 * Rejects with RUNTIME_GONE (`cause.code` ECONNREFUSED, ENOENT).
 */
export async function openSocket(runDir: string): Promise<Socket> {
  const path = `${runDir}/shim.sock`;
  try {
    if (Buffer.byteLength(path) <= 107) return await connected(path);
    const directory = await open(runDir, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      return await connected(`/proc/self/fd/${directory.fd}/shim.sock`);
    } finally {
      await directory.close();
    }
  } catch (cause) {
    throw new TcomposeError('RUNTIME_GONE', `no shim listens in ${runDir}`, { cause });
  }
}

function connected(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    // Stays: a shim that ends resets connections that it has not accepted.
    socket.once('error', reject);
    socket.once('connect', () => resolve(socket));
  });
}
