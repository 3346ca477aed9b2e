import { once } from 'node:events';
import { isIP, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { type ProxyServer, shownProxy, userOf } from '../proxy/choose-proxy.ts';
import type { Destination } from '../proxy/host-pattern.ts';
import { faultError } from './fault.ts';

const version = 5;
const nobody = 0;
const userAndPassword = 2;
const noMethod = 255;
const passwordVersion = 1;
const connectTo = 1;

/** A SOCKS server's reasons for a refused connection (RFC 1928, 6). */
const refusals: Readonly<Record<number, string>> = {
  1: 'it failed there',
  2: 'its rules forbid it',
  3: 'the network cannot be reached',
  4: 'the host cannot be reached',
  5: 'connection refused',
  6: 'it took too long',
  7: 'it makes no connections',
  8: 'it does not support this kind of address',
};

/**
 * Asks a connected SOCKS server (version 5) for a connection; the server resolves names. Afterwards the socket is that
 * connection.
 * @throws an error with a fault; the socket is destroyed
 */
export async function throughSocks(
  socket: Socket,
  proxy: ProxyServer,
  destination: Destination,
  ms: number,
): Promise<Socket> {
  const named = `the proxy ${shownProxy(proxy)} (${proxy.variable})`;
  const failed = (why: string, hint?: string) =>
    faultError({ kind: 'proxy', why: `${named} ${why}`, ...(hint === undefined ? {} : { hint }) });
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    socket.destroy();
  }, ms);
  // Stays: it may break before whoever gets it listens.
  socket.on('error', () => undefined);
  try {
    await greet(socket, proxy, failed);
    await connectOn(socket, destination, failed);
    // Makes the stream forget that it was read manually.
    await turn();
    return socket;
  } catch (error) {
    socket.destroy();
    if (late) throw failed('does not answer');
    throw (error as { fault?: unknown }).fault === undefined ? failed((error as Error).message) : error;
  } finally {
    clearTimeout(timer);
  }
}

type Failed = (why: string, hint?: string) => Error;

async function greet(socket: Socket, proxy: ProxyServer, failed: Failed): Promise<void> {
  const user = userOf(proxy);
  const methods = user === undefined ? [nobody] : [nobody, userAndPassword];
  socket.write(Buffer.from([version, methods.length, ...methods]));
  const [spoken, method] = await read(socket, 2);
  if (spoken !== version)
    throw failed('does not speak SOCKS 5', `write ${proxy.variable}=http://… if it speaks HTTP`);
  const hint = `it requires a user: ${proxy.variable}=socks5://USER:PASSWORD@…`;
  if (method === noMethod)
    throw failed('accepts none of the ways to log in', user === undefined ? hint : undefined);
  if (method === nobody) return;
  if (method !== userAndPassword || user === undefined)
    throw failed(`requires the authentication method ${method}`);
  const [name, password] = user.map((text) => Buffer.from(text).subarray(0, 255));
  socket.write(
    Buffer.concat([
      Buffer.from([passwordVersion, name!.length]),
      name!,
      Buffer.from([password!.length]),
      password!,
    ]),
  );
  const [, refused] = await read(socket, 2);
  if (refused !== 0) throw failed('rejects the user or the password');
}

async function connectOn(socket: Socket, { host, port }: Destination, failed: Failed): Promise<void> {
  socket.write(
    Buffer.concat([
      Buffer.from([version, connectTo, 0]),
      addressBytes(host),
      Buffer.from([port >> 8, port & 255]),
    ]),
  );
  const [, reply = 1, , kind] = await read(socket, 4);
  if (reply !== 0)
    throw failed(`could not connect to ${host}:${port}: ${refusals[reply] ?? `error ${reply}`}`);
  // The address from which it connected is not needed.
  const length = kind === 1 ? 4 : kind === 4 ? 16 : ((await read(socket, 1))[0] ?? 0);
  await read(socket, length + 2);
}

/** An address in the form of SOCKS: its kind, and bytes. */
export function addressBytes(host: string): Buffer {
  if (isIP(host) === 4) return Buffer.from([1, ...host.split('.').map(Number)]);
  if (isIP(host) === 6) return Buffer.concat([Buffer.from([4]), sixteenBytes(host)]);
  const name = Buffer.from(host).subarray(0, 255);
  return Buffer.concat([Buffer.from([3, name.length]), name]);
}

function sixteenBytes(host: string): Buffer {
  // The URL parser writes an address in its unique shortest form, without a dotted part.
  const [before = '', after] = new URL(`http://[${host}]/`).hostname.slice(1, -1).split('::');
  const groups = (text: string) =>
    (text === '' ? [] : text.split(':')).map((group) => Number.parseInt(group, 16));
  const [head, tail] = [groups(before), groups(after ?? '')];
  const all = [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail];
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 255]));
}

/**
 * Reads that many bytes. Everything available is taken before more is awaited: a stream with data in it reports at once
 * that it is readable.
 */
async function read(socket: Socket, length: number): Promise<Buffer> {
  let have: Buffer = Buffer.alloc(0);
  while (have.length < length) {
    const part: Buffer | null = socket.read();
    if (part !== null) have = Buffer.concat([have, part]);
    else if (socket.destroyed || socket.readableEnded) throw new Error('ended the connection');
    else await something(socket);
  }
  if (have.length > length) socket.unshift(have.subarray(length));
  return have.subarray(0, length);
}

async function something(socket: Socket): Promise<void> {
  const gone = new AbortController();
  const { signal } = gone;
  try {
    await Promise.race(['readable', 'end', 'close'].map((event) => once(socket, event, { signal })));
  } finally {
    gone.abort();
  }
}
