import { type AddressInfo, connect, createServer } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import type { Forwarder } from '../../../src/network/dns/forwarder.ts';
import { createNameTable } from '../../../src/network/dns/names.ts';
import { serveDns } from '../../../src/network/dns/server.ts';
import { encodeName } from '../../../src/network/dns/wire.ts';
import { pidfdGetFd } from '../../../src/sys/pidfd.ts';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

/** A listening socket as the shim holds one: a descriptor that no Node object owns. */
async function listener(): Promise<{ fd: number; port: number }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { fd } = (server as unknown as { _handle: { fd: number } })._handle;
  const copy = pidfdGetFd(process.pid, fd);
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return { fd: copy, port };
}

const query = (name: string) => {
  const bytes = Buffer.concat([
    Buffer.from('abcd01000001000000000000', 'hex'),
    encodeName(name),
    Buffer.from('00010001', 'hex'),
  ]);
  return Buffer.concat([Buffer.of(bytes.length >> 8, bytes.length & 255), bytes]);
};

it('answers all that was asked by TCP before the client ended its half, what is asked upstream included', async () => {
  const { fd, port } = await listener();
  let answerIt = (_: undefined) => {};
  const asked = new Promise<void>((resolve) => {
    const forwarder: Forwarder = {
      forward: () =>
        new Promise((done) => {
          answerIt = done;
          resolve();
        }),
      close: () => {},
    };
    void serveDns({
      tcpFd: fd,
      scope: () => [],
      upstreams: () => ['192.0.2.1'],
      names: createNameTable(),
      forwarder,
      random: Math.random,
    }).then((server) => open.push(server));
  });
  const client = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
  const parts: Buffer[] = [];
  client.on('data', (part) => parts.push(part));
  const ended = new Promise((resolve) => client.once('end', resolve));
  client.end(query('elsewhere.example'));
  await asked;
  answerIt(undefined);
  await ended;
  const answer = Buffer.concat(parts);
  // SERVFAIL, which is what no answer from upstream comes to.
  expect([answer.readUInt16BE(0), answer.readUInt16BE(2), answer[5]! & 15]).toEqual([
    answer.length - 2,
    0xabcd,
    2,
  ]);
});
