import { connect, createServer, type Socket } from 'node:net';
import { listenOn } from '../adopt-descriptor.ts';

/**
 * Forwards connections of an adopted listener to a container: for what destination NAT can't do (`[::1]`, IPv6).
 * Half-closes are passed on, a slow side throttles the other one, and a refused connection is reset.
 */
export async function proxyTcp(
  fd: number,
  target: { readonly host: () => string; readonly port: number },
): Promise<{ close(): Promise<void> }> {
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (client) => {
    const upstream = connect({
      host: target.host(),
      port: target.port,
      allowHalfOpen: true,
      noDelay: true,
    });
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.once('close', () => open.delete(socket));
    }
    client.on('error', () => upstream.destroy());
    upstream.on('error', () => client.resetAndDestroy());
    client.once('close', () => closeAfter(client, upstream));
    upstream.once('close', () => closeAfter(upstream, client));
    upstream.once('connect', () => {
      client.pipe(upstream);
      upstream.pipe(client);
    });
  });
  // accept() errors (too many files) concern one connection; the listener stays.
  server.on('error', () => {});
  await listenOn(server, fd);
  return {
    close: () =>
      new Promise((resolve) => {
        for (const socket of open) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

/** When one side is gone for good, what it sent is still delivered, then the other side is closed too. */
function closeAfter(gone: Socket, other: Socket): void {
  if (gone.readableEnded) other.end();
  else other.destroy();
}
