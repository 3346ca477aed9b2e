import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import { proxyTcp } from '../../../../src/network/ports/proxy-tcp.ts';
import { proxyUdp } from '../../../../src/network/ports/proxy-udp.ts';
import { pidfdGetFd } from '../../../../src/sys/pidfd.ts';

/** The proxies serve IPv6; where the machine has none, IPv4 shows the same. */
const noIPv6 = networkInterfaces().lo?.every(({ address }) => address !== '::1') ?? true;
if (noIPv6) console.log('the proxies are tested over IPv4: this machine has no ::1');
const loopback = noIPv6 ? '127.0.0.1' : '::1';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

interface WithHandle {
  readonly _handle: { readonly fd: number };
}

/** A listening socket as the shim holds one: a descriptor that no Node object owns. */
async function listener(): Promise<{ fd: number; port: number }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, loopback, resolve));
  const fd = pidfdGetFd(process.pid, (server as unknown as WithHandle)._handle.fd);
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return { fd, port };
}

async function upstream(handle: (socket: Socket) => void): Promise<number> {
  const server: Server = createServer({ allowHalfOpen: true }, handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push(server);
  return (server.address() as AddressInfo).port;
}

async function proxied(handle: (socket: Socket) => void): Promise<number> {
  const target = await upstream(handle);
  const { fd, port } = await listener();
  open.unshift(await proxyTcp(fd, { host: () => '127.0.0.1', port: target }));
  return port;
}

describe('the TCP proxy', () => {
  it('passes half-closes on: the answer comes after the question has ended', async () => {
    const port = await proxied((socket) => {
      let got = '';
      socket.on('data', (chunk) => {
        got += chunk;
      });
      socket.on('end', () => socket.end(`got ${got}`));
    });
    const answer = await new Promise((resolve) => {
      let text = '';
      const client = connect({ host: loopback, port, allowHalfOpen: true }, () => client.end('question'));
      client.on('data', (chunk) => {
        text += chunk;
      });
      client.on('end', () => resolve(text));
    });
    expect(answer).toBe('got question');
  });

  it('holds up a fast sender behind a slow reader, and loses nothing', async () => {
    // More than the buffers of the four sockets on the way can hold.
    const most = (name: string) => Number(readFileSync(`/proc/sys/net/ipv4/${name}`, 'utf8').split(/\s+/)[2]);
    const size = 2 * (most('tcp_rmem') + most('tcp_wmem')) + (16 << 20);
    let sent = 0;
    const port = await proxied((socket) => {
      const chunk = Buffer.alloc(1 << 16, 7);
      const push = () => {
        while (sent < size) {
          sent += chunk.length;
          if (!socket.write(chunk)) return void socket.once('drain', push);
        }
        socket.end();
      };
      push();
    });
    const client = connect({ host: loopback, port });
    client.pause();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(sent).toBeLessThan(size);
    let received = 0;
    client.on('data', (chunk) => {
      received += chunk.length;
    });
    client.resume();
    await new Promise((resolve) => client.on('end', resolve));
    expect(received).toBe(size);
  });

  it('resets the client when the container refuses', async () => {
    const { fd, port } = await listener();
    const closed = await upstream(() => {});
    await open.pop()!.close();
    open.push(await proxyTcp(fd, { host: () => '127.0.0.1', port: closed }));
    const code = await new Promise((resolve) => {
      connect({ host: loopback, port })
        .on('error', (error: NodeJS.ErrnoException) => resolve(error.code))
        .on('close', () => resolve('closed'));
    });
    expect(code).toBe('ECONNRESET');
  });

  it('tells the container when the client is gone', async () => {
    let gone = (_: string) => {};
    const told = new Promise((resolve) => {
      gone = resolve;
    });
    const port = await proxied((socket) => {
      socket.on('error', () => {});
      socket.on('close', () => gone('closed'));
      socket.on('data', () => {});
      socket.on('end', () => socket.end());
    });
    const client = connect({ host: loopback, port }, () => client.resetAndDestroy());
    expect(await told).toBe('closed');
  });
});

describe('the UDP proxy', () => {
  it('keeps clients apart', async () => {
    const target: UdpSocket = createSocket('udp4');
    target.on('message', (bytes, from) => target.send(`${bytes}!`, from.port, from.address));
    await new Promise<void>((resolve) => target.bind(0, '127.0.0.1', resolve));
    const front = createSocket(noIPv6 ? 'udp4' : 'udp6');
    await new Promise<void>((resolve) => front.bind(0, loopback, resolve));
    const { port } = front.address();
    const state = Object.getOwnPropertySymbols(front).find((symbol) => String(symbol).includes('state'))!;
    const { handle } = (front as unknown as Record<symbol, { handle: { fd: number } }>)[state]!;
    const fd = pidfdGetFd(process.pid, handle.fd);
    await new Promise<void>((resolve) => front.close(() => resolve()));
    open.push(await proxyUdp(fd, noIPv6 ? 4 : 6, { host: () => '127.0.0.1', port: target.address().port }), {
      close: () => target.close(),
    });
    const ask = (text: string) =>
      new Promise<string>((resolve) => {
        const client = createSocket(noIPv6 ? 'udp4' : 'udp6');
        client.on('message', (bytes) => {
          client.close();
          resolve(bytes.toString());
        });
        client.send(text, port, loopback);
      });
    expect(await Promise.all(['a', 'b', 'c'].map(ask))).toEqual(['a!', 'b!', 'c!']);
  });
});
