import { randomBytes } from 'node:crypto';
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { agentRequestShape, bytesMessageShape } from '../messages/session.ts';
import { decode, encode } from '../wire/message.ts';
import type { Session } from './sessions.ts';

const service = '/moby.sshforward.v1.SSH/';
/** Connections to the agents of a build at a time. */
const mostConnections = 32;

/** The ssh agents of a client, each at a socket on this machine. */
export interface Agents {
  /** Opens those of the ids that the client has. */
  open(ids: readonly string[]): Promise<void>;
  path(id: string): string | undefined;
  release(): Promise<void>;
}

/** @param directory closed to other users, with a short path: a socket's path has at most 108 bytes */
export function openAgents(directory: string, session: Session, signal: AbortSignal): Agents {
  const servers = new Map<string, { readonly path: string; readonly server: Server }>();
  const connections = new Set<Socket>();

  async function has(id: string): Promise<boolean> {
    if (!session.has(`${service}ForwardAgent`)) return false;
    try {
      await session.caller.ask(`${service}CheckAgent`, encode(agentRequestShape, { id }), signal);
      return true;
    } catch {
      return false;
    }
  }

  async function serve(id: string): Promise<void> {
    const path = join(directory, `agent-${randomBytes(6).toString('hex')}.sock`);
    const server = createServer((socket) => {
      connections.add(socket);
      socket.once('close', () => connections.delete(socket));
      forward(session, id, socket, signal).catch(() => socket.destroy());
    });
    server.maxConnections = mostConnections;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, resolve);
    });
    chmodSync(path, 0o600);
    servers.set(id, { path, server });
  }

  return {
    async open(ids) {
      for (const id of new Set(ids)) if (!servers.has(id) && (await has(id))) await serve(id);
    },
    path: (id) => servers.get(id)?.path,
    async release() {
      for (const one of connections) one.destroy();
      for (const { path, server } of servers.values()) {
        await new Promise<void>((resolve) => server.close(() => resolve()));
        rmSync(path, { force: true });
      }
      servers.clear();
    },
  };
}

/** Carries one connection of a program as one call. */
async function forward(session: Session, id: string, socket: Socket, signal: AbortSignal): Promise<void> {
  const call = session.caller.open(`${service}ForwardAgent`, { 'buildkit.ssh.id': id }, signal);
  socket.on('error', () => socket.destroy());
  socket.once('close', () => call.close());
  const out = (async () => {
    for await (const chunk of socket) await call.send(encode(bytesMessageShape, { data: chunk as Buffer }));
    call.end();
  })();
  out.catch(() => call.close());
  for await (const message of call.answers) {
    const { data } = decode<{ data: Buffer }>(bytesMessageShape, message);
    if (!socket.write(Buffer.from(data)))
      await new Promise<void>((resolve) => {
        socket.once('drain', resolve);
        socket.once('close', () => resolve());
      });
  }
  socket.end();
}
