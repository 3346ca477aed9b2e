import type { IncomingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';
import { badParameter, conflict, unavailable } from '../../http/failure.ts';
import { type Caller, createCaller } from '../wire/call.ts';
import { GrpcError } from '../wire/status.ts';

/** A client that answers calls for its build: for files, secrets, credentials and agents. */
export interface Session {
  readonly id: string;
  /** The same for all builds of one directory by one client: what was sent before need not be sent again. */
  readonly sharedKey: string;
  readonly caller: Caller;
  /** Whether the client declared a method, such as `/moby.filesync.v1.FileSync/DiffCopy`. */
  readonly has: (method: string) => boolean;
}

/** The connected clients. */
export interface Sessions {
  /**
   * Registers a client for as long as its connection lasts. @throws ENGINE_CONFLICT, ENGINE_UNAVAILABLE,
   * ENGINE_BAD_PARAMETER
   */
  admit(headers: IncomingHttpHeaders): (connection: Duplex) => Promise<void>;
  /** The client with that id, which may not have connected yet. @throws GrpcError */
  get(id: string, signal: AbortSignal): Promise<Session>;
}

/** Most clients at a time. */
const mostSessions = 256;
/** How long a build waits for its client's session, in milliseconds. */
const patience = 5000;

export function createSessions(): Sessions {
  const known = new Map<string, Promise<Session>>();
  const waiting = new Map<string, Set<() => void>>();
  return {
    admit(headers) {
      const id = header(headers, 'uuid');
      if (!/^[\w.-]{1,128}$/.test(id)) throw badParameter('a session needs an id');
      if (known.has(id)) throw conflict(`session ${id} exists already`);
      if (known.size >= mostSessions) throw unavailable(`there are ${mostSessions} sessions already`);
      return async (connection) => {
        const made = open(id, headers, connection);
        known.set(id, made);
        connection.once('close', () => known.delete(id));
        for (const wake of waiting.get(id) ?? []) wake();
        await made;
      };
    },
    async get(id, signal) {
      if (!known.has(id)) await arrival(id, signal);
      const session = await known.get(id);
      if (session === undefined) throw new GrpcError('not-found', `no active session for ${id}`);
      return session;
    },
  };

  function arrival(id: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wakers = waiting.get(id) ?? new Set();
      waiting.set(id, wakers);
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        wakers.delete(done);
        if (wakers.size === 0) waiting.delete(id);
        resolve();
      };
      const timer = setTimeout(done, patience);
      signal.addEventListener('abort', done);
      wakers.add(done);
    });
  }
}

async function open(id: string, headers: IncomingHttpHeaders, connection: Duplex): Promise<Session> {
  const methods = new Set(header(headers, 'grpc-method').split(/\s*,\s*/));
  return {
    id,
    sharedKey: header(headers, 'sharedkey'),
    caller: await createCaller(connection),
    has: (method) => methods.has(method),
  };
}

const header = (headers: IncomingHttpHeaders, name: string): string => {
  const value = headers[`x-docker-expose-session-${name}`];
  return Array.isArray(value) ? value.join(',') : (value ?? '');
};
