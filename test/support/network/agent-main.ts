/**
 * A process in a network namespace of its own that does what the test tells it over stdin, one JSON object a line:
 * it stands for a container (executing the network part of a launch plan) or for another machine.
 */
import { createSocket } from 'node:dgram';
import { writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { parseAddress, toBytes } from '../../../src/network/ipam/address.ts';
import { declare } from '../../../src/sys/libc.ts';
import { openNetlink } from '../../../src/sys/netlink-socket.ts';
import { socketAddress } from '../../../src/sys/port-probe.ts';

const socket = declare('int socket(int domain, int type, int protocol)');
const bind = declare('int bind(int fd, const void *address, uint32_t length)');
const listen = declare('int listen(int fd, int backlog)');
const setsockopt = declare('int setsockopt(int fd, int level, int name, const void *value, uint32_t length)');
const one = new Uint8Array(Uint32Array.of(1).buffer);

export type AgentCommand =
  | { readonly do: 'netlink'; readonly protocol: number; readonly message: string; readonly what: string }
  | { readonly do: 'write'; readonly path: string; readonly data: string }
  | {
      readonly do: 'hold';
      readonly family: 4 | 6;
      readonly protocol: 'tcp' | 'udp';
      readonly address: string;
      readonly port: number;
      readonly backlog: number;
    }
  | { readonly do: 'serve'; readonly protocol: 'tcp' | 'udp'; readonly port: number; readonly name: string }
  | {
      readonly do: 'ask';
      readonly protocol: 'tcp' | 'udp';
      readonly host: string;
      readonly port: number;
      readonly timeout: number;
      /** UDP: the client's own port. */
      readonly localPort?: number;
      /** Hex; default a greeting. */
      readonly payload?: string;
    };

async function run(command: AgentCommand): Promise<unknown> {
  switch (command.do) {
    case 'netlink': {
      const transport = openNetlink(command.protocol);
      try {
        const bytes = Buffer.from(command.message, 'hex');
        if (bytes.readUInt32LE(0) === bytes.length) transport.request(bytes, command.what);
        else transport.transact(split(bytes), command.what);
      } finally {
        transport.close();
      }
      return null;
    }
    case 'write':
      writeFileSync(command.path, command.data);
      return null;
    case 'hold': {
      const fd = socket(command.family === 4 ? 2 : 10, (command.protocol === 'tcp' ? 1 : 2) | 0o2000000, 0);
      if (command.protocol === 'tcp') setsockopt(fd, 1, 2, one, 4);
      if (command.family === 6) setsockopt(fd, 41, 26, one, 4);
      const parsed = parseAddress(command.address)!;
      const address = socketAddress({
        family: parsed.family,
        address: toBytes(parsed.family, parsed.value),
        port: command.port,
      });
      if (bind(fd, address, address.length) < 0) throw new Error(`bind ${command.address}:${command.port}`);
      if (command.protocol === 'tcp' && command.backlog > 0) listen(fd, command.backlog);
      return fd;
    }
    case 'serve':
      return serve(command);
    case 'ask':
      return ask(command);
  }
}

/** The messages of a batch, for the transport to number. */
function split(bytes: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += found.at(-1)!.length) {
    found.push(bytes.subarray(at, at + ((bytes.readUInt32LE(at) + 3) & ~3)));
  }
  return found;
}

/** Answers everyone with its name and the address the client seems to have. */
function serve({ protocol, port, name }: AgentCommand & { do: 'serve' }): Promise<null> {
  return new Promise((resolve, reject) => {
    if (protocol === 'tcp') {
      const server = createServer({ allowHalfOpen: true }, (client) => {
        client.on('error', () => {});
        client.end(`${name} ${client.remoteAddress}`);
      });
      server.once('error', reject);
      server.listen(port, '0.0.0.0', () => resolve(null));
    } else {
      const udp = createSocket('udp4');
      udp.on('message', (bytes, from) =>
        udp.send(`${name} ${from.address} ${bytes}`, from.port, from.address),
      );
      udp.once('error', reject);
      udp.bind(port, '0.0.0.0', () => resolve(null));
    }
  });
}

/** What came back, as text, or the error's code; `ETIMEDOUT` when nothing did. Binary payloads answer in hex. */
function ask(command: AgentCommand & { do: 'ask' }): Promise<string> {
  const { protocol, host, port, timeout } = command;
  const payload = command.payload ? Buffer.from(command.payload, 'hex') : Buffer.from('hello');
  const text = (bytes: Buffer) => bytes.toString(command.payload ? 'hex' : 'utf8');
  return new Promise((resolve) => {
    if (protocol === 'tcp') {
      const client = connect({ host, port });
      const chunks: Buffer[] = [];
      const timer = setTimeout(() => finish('ETIMEDOUT'), timeout);
      const finish = (answer: string) => {
        clearTimeout(timer);
        client.destroy();
        resolve(answer);
      };
      client.on('data', (chunk) => {
        chunks.push(chunk);
        const all = Buffer.concat(chunks);
        if (command.payload && all.length >= 2 && all.length >= 2 + all.readUInt16BE(0)) finish(text(all));
      });
      client.on('end', () => finish(text(Buffer.concat(chunks))));
      client.on('error', (error: NodeJS.ErrnoException) => finish(error.code ?? error.message));
      if (command.payload) client.write(payload);
    } else {
      const udp = createSocket(host.includes(':') ? 'udp6' : 'udp4');
      const timer = setTimeout(() => finish('ETIMEDOUT'), timeout);
      const finish = (answer: string) => {
        clearTimeout(timer);
        udp.close();
        resolve(answer);
      };
      udp.on('message', (bytes) => finish(text(bytes)));
      udp.on('error', (error: NodeJS.ErrnoException) => finish(error.code ?? error.message));
      if (command.localPort) udp.bind(command.localPort, () => udp.send(payload, port, host));
      else udp.send(payload, port, host);
    }
  });
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, command } = JSON.parse(line) as { id: number; command: AgentCommand };
  const answer = (value: object) => process.stdout.write(`${JSON.stringify({ id, ...value })}\n`);
  run(command).then(
    (result) => answer({ result }),
    (error: Error) => answer({ error: error.message }),
  );
});
process.stdin.on('end', () => process.exit(0));
process.stdout.write('{"id":0,"result":null}\n');
