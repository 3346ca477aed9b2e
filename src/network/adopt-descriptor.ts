import type { Socket } from 'node:dgram';
import { closeSync, fstatSync } from 'node:fs';
import type { Server } from 'node:net';

/**
 * Makes a server accept on a bound descriptor, which the server owns from here on: it is closed with the server, and
 * also when this rejects.
 */
export const listenOn = (server: Server, fd: number): Promise<void> =>
  adopt(fd, server, (done) => server.listen({ fd }, done));

/** The same for a datagram socket. */
export const receiveOn = (socket: Socket, fd: number): Promise<void> =>
  adopt(fd, socket, (done) => socket.bind({ fd }, done));

async function adopt(
  fd: number,
  owner: Pick<Server, 'once' | 'off'> | Pick<Socket, 'once' | 'off'>,
  begin: (done: () => void) => void,
): Promise<void> {
  const before = fstatSync(fd).ino;
  const emitter = owner as Pick<Server, 'once' | 'off'>;
  try {
    await new Promise<void>((resolve, reject) => {
      emitter.once('error', reject);
      begin(() => {
        emitter.off('error', reject);
        resolve();
      });
    });
  } catch (error) {
    // Node closes the descriptor on some failures; by then the number may belong to another file.
    if (inodeOf(fd) === before) closeSync(fd);
    throw error;
  }
}

function inodeOf(fd: number): number | undefined {
  try {
    return fstatSync(fd).ino;
  } catch {
    return undefined;
  }
}
