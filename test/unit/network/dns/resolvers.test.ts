import { createSocket, type Socket } from 'node:dgram';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createForwarder } from '../../../../src/network/dns/forwarder.ts';
import {
  containerResolvConf,
  parseResolvConf,
  upstreamServers,
} from '../../../../src/network/dns/resolv-conf.ts';
import { watchHostResolvers } from '../../../../src/network/dns/upstream-list.ts';
import { encodeName } from '../../../../src/network/dns/wire.ts';

const PORT = 15353;
/** Addresses of 127.0.0.0/8 that another run of this test at the same moment does not have. */
const at = (last: number) => `127.${64 + ((process.pid >> 8) & 63)}.${process.pid & 255}.${last}`;
const open: { close(): unknown }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

const query = (name: string) => {
  const header = Buffer.from('abcd01000001000000000000', 'hex');
  return Buffer.concat([header, encodeName(name), Buffer.from('00010001', 'hex')]);
};

/** A resolver on a loopback address; `code` null: it never answers. */
async function resolver(address: string, code: number | null, seen: string[] = []): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.on('message', (bytes, from) => {
    seen.push(address);
    if (code === null) return;
    const answer = Buffer.from(bytes);
    answer[2] = 0x81;
    answer[3] = 0x80 | code;
    socket.send(answer, from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(PORT, address, resolve));
  open.push(socket);
  return socket;
}

/** The time a server has, milliseconds: short only where none is to answer. */
const forwarder = (timeoutMs = 60_000) => {
  const made = createForwarder({ port: PORT, timeoutMs });
  open.push(made);
  return made;
};

const asker = () => ({ pending: 0 });

describe('forwarding', () => {
  it('returns the first answer under the asker’s own id', async () => {
    await resolver(at(1), 3);
    const answer = await forwarder().forward(query('a.example'), [at(1)], 'udp', asker());
    expect(answer!.readUInt16BE(0)).toBe(0xabcd);
    expect(answer![3]! & 15).toBe(3);
  });

  it('goes on to the next server after silence, SERVFAIL, REFUSED and a closed port', async () => {
    const seen: string[] = [];
    await resolver(at(1), null, seen);
    await resolver(at(2), 2, seen);
    await resolver(at(3), 5, seen);
    await resolver(at(4), 0, seen);
    const list = [at(1), at(2), at(3), at(5), at(4)];
    // The silent one takes all of its time; the others answer long before.
    const answer = await forwarder(3000).forward(query('a.example'), list, 'udp', asker());
    expect(answer![3]! & 15).toBe(0);
    expect(seen).toEqual([at(1), at(2), at(3), at(4)]);
  });

  it('gives up when nobody answers', async () => {
    await resolver(at(1), null);
    expect(await forwarder(150).forward(query('a.example'), [at(1)], 'udp', asker())).toBeUndefined();
    expect(await forwarder(150).forward(query('a.example'), [], 'udp', asker())).toBeUndefined();
  });

  it('does not believe an answer to another question', async () => {
    const socket = createSocket('udp4');
    socket.on('message', (bytes, from) => {
      const other = Buffer.concat([bytes.subarray(0, 12), query('b.example').subarray(12)]);
      other[2] = 0x81;
      socket.send(other, from.port, from.address);
    });
    await new Promise<void>((resolve) => socket.bind(PORT, at(1), resolve));
    open.push(socket);
    expect(await forwarder(150).forward(query('a.example'), [at(1)], 'udp', asker())).toBeUndefined();
  });

  it('leaves room for others when containers ask more than is answered', async () => {
    const silent = createSocket('udp4');
    await new Promise<void>((resolve) => silent.bind(PORT, at(2), resolve));
    open.push(silent);
    await resolver(at(1), 0);
    const own = forwarder();
    let refused = 0;
    const flood = Array.from({ length: 10 }, () => {
      const greedy = asker();
      for (let count = 0; count < 600; count++) {
        void own.forward(query('a.example'), [at(2)], 'udp', greedy).then(() => refused++);
      }
      return greedy;
    });
    const answer = await own.forward(query('b.example'), [at(1)], 'udp', asker());
    expect(answer?.toString('latin1')).toContain('b');
    expect(flood.map(({ pending }) => pending)).toEqual([...Array<number>(8).fill(512), 16, 16]);
    expect(refused).toBe(6000 - 8 * 512 - 32);
    own.close();
    await expect
      .poll(() => flood.map(({ pending }) => pending), { timeout: 90_000 })
      .toEqual(Array(10).fill(0));
  });

  it('asks many at a time without mixing them up', async () => {
    await resolver(at(1), 0);
    const own = forwarder();
    const names = Array.from({ length: 60 }, (_, index) => `host${index}.example`);
    const answers = await Promise.all(names.map((name) => own.forward(query(name), [at(1)], 'udp', asker())));
    answers.forEach((answer, index) => {
      expect(answer!.toString('latin1')).toContain(`host${index}`);
    });
  });

  it('asks by TCP for clients that came by TCP', async () => {
    const server: Server = createServer((socket) =>
      socket.on('data', (bytes) => {
        const answer = Buffer.from(bytes);
        answer[4] = 0x81;
        // In two pieces, as networks do.
        socket.write(answer.subarray(0, 5));
        setTimeout(() => socket.end(answer.subarray(5)), 10);
      }),
    );
    await new Promise<void>((resolve) => server.listen(PORT, at(1), resolve));
    open.push(server);
    const answer = await forwarder().forward(query('a.example'), [at(1)], 'tcp', asker());
    expect(answer!.length).toBe(query('a.example').length);
  });
});

describe('resolv.conf', () => {
  it('is read by its manual page', () => {
    const text =
      '# c\nnameserver 192.0.2.1 ; x\nnameserver\nsearch a b\ndomain c\noptions timeout:1 rotate\n';
    expect(parseResolvConf(text)).toEqual({
      servers: ['192.0.2.1'],
      search: ['c'],
      options: ['timeout:1', 'rotate'],
    });
  });
  it('leads to at most three servers, never to ourselves, and behind the stub of systemd-resolved', () => {
    const conf = (...servers: string[]) => ({ servers, search: [], options: [] });
    expect(upstreamServers(conf('127.0.0.11', '192.0.2.1', 'x', '192.0.2.1'), undefined)).toEqual([
      '192.0.2.1',
    ]);
    expect(upstreamServers(conf('127.0.0.53'), conf('192.0.2.7', 'fe80::1%eth0'))).toEqual([
      '192.0.2.7',
      'fe80::1%eth0',
    ]);
    expect(upstreamServers(conf('127.0.0.53'), undefined)).toEqual(['127.0.0.53']);
    expect(upstreamServers(conf('1.1.1.1', '1.1.1.2', '1.1.1.3', '1.1.1.4'), undefined)).toHaveLength(3);
  });
  it('of a container names our server, with the host’s search list or its own', () => {
    const host = { servers: ['192.0.2.1'], search: ['corp.example'], options: ['timeout:1'] };
    expect(containerResolvConf(host)).toBe(
      'nameserver 127.0.0.11\nsearch corp.example\noptions timeout:1 ndots:0\n',
    );
    expect(containerResolvConf(host, { search: ['.'], options: ['ndots:5'] })).toBe(
      'nameserver 127.0.0.11\noptions ndots:5\n',
    );
  });
  it('is read again when it is another one', () => {
    const dir = mkdtempSync(join(tmpdir(), 'tcompose-test-resolv-'));
    try {
      const paths = { resolvConf: join(dir, 'a'), uplinks: join(dir, 'b') };
      let now = 0;
      const resolvers = watchHostResolvers(() => now, paths);
      expect(resolvers.servers()).toEqual([]);
      writeFileSync(paths.resolvConf, 'nameserver 127.0.0.53\nsearch x\n');
      expect(resolvers.servers()).toEqual([]);
      now = 1000;
      expect(resolvers.servers()).toEqual(['127.0.0.53']);
      expect(resolvers.config().search).toEqual(['x']);
      writeFileSync(paths.uplinks, 'nameserver 192.0.2.9\n');
      now = 2000;
      expect(resolvers.servers()).toEqual(['192.0.2.9']);
      rmSync(paths.resolvConf);
      now = 3000;
      expect(resolvers.servers()).toEqual([]);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});
