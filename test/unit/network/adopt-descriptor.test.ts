import { mkdtempSync, openSync, readlinkSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Forwarder } from '../../../src/network/dns/forwarder.ts';
import { createNameTable } from '../../../src/network/dns/names.ts';
import { serveDns } from '../../../src/network/dns/server.ts';
import { proxyTcp } from '../../../src/network/ports/proxy-tcp.ts';
import { proxyUdp } from '../../../src/network/ports/proxy-udp.ts';
import { startProxies } from '../../../src/network/ports/publish.ts';
import { pidfdGetFd } from '../../../src/sys/pidfd.ts';

const upstream = { host: () => '127.0.0.1', port: 9 };
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
/** What a descriptor leads to; another test of this process may have the number by the time of the next look. */
const targetOf = (fd: number) => {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return undefined;
  }
};
const unusable = () => {
  const directory = mkdtempSync(join(tmpdir(), 'adopt-'));
  const path = join(directory, 'file');
  const fd = openSync(path, 'w');
  rmSync(directory, { recursive: true });
  return { fd, target: targetOf(fd) };
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
    ['the proxy of a TCP port', (fd: number) => proxyTcp(fd, upstream)],
    ['the proxy of a UDP port', (fd: number) => proxyUdp(fd, 4, upstream)],
    ['the name server, by UDP', (fd: number) => dns({ udpFd: fd })],
    ['the name server, by TCP', (fd: number) => dns({ tcpFd: fd })],
  ])('makes %s fail instead of wait, and is closed', async (_, serve) => {
    const { fd, target } = unusable();
    await expect(serve(fd)).rejects.toThrow();
    expect(targetOf(fd)).not.toBe(target);
  });

  it('takes the sockets that were good with it: the host ports are free again', async () => {
    const good = await listener();
    const bad = unusable().fd;
    const bindings = [good.port, 1].map((hostPort) => ({
      protocol: 'tcp' as const,
      containerPort: 80,
      hostIp: '127.0.0.1',
      hostPort,
    }));
    const names = { [`port-tcp-${good.port}-4-7f000001`]: good.fd, 'port-tcp-1-4-7f000001': bad };
    await expect(startProxies(bindings, names, upstream.host)).rejects.toThrow();
    const again = createServer();
    await new Promise<void>((resolve, reject) => {
      again.once('error', reject);
      again.listen(good.port, '127.0.0.1', resolve);
    });
    await new Promise((resolve) => again.close(resolve));

    const tcp = await listener();
    const before = targetOf(tcp.fd);
    await expect(dns({ udpFd: unusable().fd, tcpFd: tcp.fd })).rejects.toThrow();
    expect(targetOf(tcp.fd)).not.toBe(before);
  });
});
