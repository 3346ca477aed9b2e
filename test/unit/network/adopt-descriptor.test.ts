import { closeSync, fstatSync, openSync } from 'node:fs';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { Forwarder } from '../../../src/network/dns/forwarder.ts';
import { createNameTable } from '../../../src/network/dns/names.ts';
import { serveDns } from '../../../src/network/dns/server.ts';
import { proxyTcp } from '../../../src/network/ports/proxy-tcp.ts';
import { proxyUdp } from '../../../src/network/ports/proxy-udp.ts';
import { startProxies } from '../../../src/network/ports/publish.ts';
import { pidfdGetFd } from '../../../src/sys/pidfd.ts';

const target = { host: () => '127.0.0.1', port: 9 };
const forwarder: Forwarder = { forward: async () => undefined, close() {} };
const dns = (fds: { udpFd?: number; tcpFd?: number }) =>
  serveDns({
    ...fds,
    scope: () => [],
    upstreams: () => [],
    names: createNameTable(),
    forwarder,
    random: Math.random,
  });
const isOpen = (fd: number) => {
  try {
    return fstatSync(fd).ino > 0;
  } catch {
    return false;
  }
};

/** A listening socket that no object of Node owns, and whether it still takes connections. */
async function listener(): Promise<{ fd: number; port: number }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { fd } = (server as unknown as { _handle: { fd: number } })._handle;
  const copy = pidfdGetFd(process.pid, fd);
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return { fd: copy, port };
}

describe('a descriptor that can not be served', () => {
  it.each([
    ['the proxy of a TCP port', (fd: number) => proxyTcp(fd, target)],
    ['the proxy of a UDP port', (fd: number) => proxyUdp(fd, 4, target)],
    ['the name server, by UDP', (fd: number) => dns({ udpFd: fd })],
    ['the name server, by TCP', (fd: number) => dns({ tcpFd: fd })],
  ])('makes %s fail instead of wait, and is closed', async (_, serve) => {
    const file = openSync('/dev/null', 'r');
    await expect(serve(file)).rejects.toThrow();
    expect(isOpen(file)).toBe(false);
    const gone = openSync('/dev/null', 'r');
    closeSync(gone);
    await expect(serve(gone)).rejects.toThrow();
  });

  it('takes the sockets that were good with it: the host ports are free again', async () => {
    const good = await listener();
    const bad = openSync('/dev/null', 'r');
    const bindings = [good.port, 1].map((hostPort) => ({
      protocol: 'tcp' as const,
      containerPort: 80,
      hostIp: '127.0.0.1',
      hostPort,
    }));
    const names = { [`port-tcp-${good.port}-4-7f000001`]: good.fd, 'port-tcp-1-4-7f000001': bad };
    await expect(startProxies(bindings, names, target.host)).rejects.toThrow();
    const again = createServer();
    await new Promise<void>((resolve, reject) => {
      again.once('error', reject);
      again.listen(good.port, '127.0.0.1', resolve);
    });
    await new Promise((resolve) => again.close(resolve));

    const tcp = await listener();
    await expect(dns({ udpFd: openSync('/dev/null', 'r'), tcpFd: tcp.fd })).rejects.toThrow();
    expect(isOpen(tcp.fd)).toBe(false);
  });
});
