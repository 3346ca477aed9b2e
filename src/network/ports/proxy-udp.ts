import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { receiveOn } from '../adopt-descriptor.ts';

const IDLE_MS = 60_000;
const MAX_CLIENTS = 1024;

interface Client {
  readonly socket: Socket;
  timer: NodeJS.Timeout;
}

/**
 * Forwards datagrams of an adopted socket to a container, with one upstream socket for each client so that answers
 * reach the right one. Clients that are silent for a minute are forgotten; beyond 1024 the oldest one is.
 */
export async function proxyUdp(
  fd: number,
  family: 4 | 6,
  target: { readonly host: () => string; readonly port: number },
): Promise<{ close(): Promise<void> }> {
  const clients = new Map<string, Client>();
  const listener = createSocket(family === 4 ? 'udp4' : 'udp6');
  let closed = false;

  function forget(key: string): void {
    const client = clients.get(key);
    if (!client) return;
    clients.delete(key);
    clearTimeout(client.timer);
    client.socket.close();
  }

  const expire = (key: string) => setTimeout(() => forget(key), IDLE_MS).unref();

  function clientOf(from: RemoteInfo): Client {
    const key = `${from.address} ${from.port}`;
    const known = clients.get(key);
    if (known) {
      known.timer.refresh();
      return known;
    }
    if (clients.size >= MAX_CLIENTS) forget(clients.keys().next().value!);
    const socket = createSocket('udp4');
    const client: Client = { socket, timer: expire(key) };
    socket.on('message', (bytes) => {
      client.timer.refresh();
      if (!closed) listener.send(bytes, from.port, from.address, ignore);
    });
    socket.on('error', () => forget(key));
    clients.set(key, client);
    return client;
  }

  listener.on('message', (bytes, from) => {
    clientOf(from).socket.send(Buffer.from(bytes), target.port, target.host(), ignore);
  });
  listener.on('error', ignore);
  try {
    await receiveOn(listener, fd);
  } catch (error) {
    listener.close();
    throw error;
  }
  return {
    close: () =>
      new Promise((resolve) => {
        closed = true;
        for (const key of [...clients.keys()]) forget(key);
        listener.close(() => resolve());
      }),
  };
}

const ignore = () => {};
