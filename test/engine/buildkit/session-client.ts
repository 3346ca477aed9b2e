import { request as httpRequest } from 'node:http';
import type { Socket } from 'node:net';
import { ConfinedDirectory } from '../../../src/confined/confined-directory.ts';
import {
  type SolveRequest,
  type StatusResponse,
  solveRequestShape,
  solveResponseShape,
  statusRequestShape,
  statusResponseShape,
} from '../../../src/engine/buildkit/messages/control.ts';
import { secretRequestShape, secretResponseShape } from '../../../src/engine/buildkit/messages/session.ts';
import { sendTree } from '../../../src/engine/buildkit/sync/send.ts';
import { type Caller, createCaller, type OpenCall } from '../../../src/engine/buildkit/wire/call.ts';
import { decode, encode } from '../../../src/engine/buildkit/wire/message.ts';
import { type Call, type Method, serveCalls } from '../../../src/engine/buildkit/wire/serve.ts';
import { GrpcError } from '../../../src/engine/buildkit/wire/status.ts';

/** A connection to the engine that became another protocol's. */
export function upgraded(
  socketPath: string,
  path: string,
  headers: Readonly<Record<string, string | string[]>> = {},
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      socketPath,
      method: 'POST',
      path,
      headers: { ...headers, Connection: 'Upgrade', Upgrade: 'h2c' },
    });
    request.on('upgrade', (_answer, socket, head) => {
      if (head.length > 0) socket.unshift(head);
      resolve(socket as Socket);
    });
    request.on('response', (answer) => reject(new Error(`status ${answer.statusCode}`)));
    request.on('error', reject);
    request.end();
  });
}

/** What a client's session answers. */
interface Answers {
  /** Directories by name; all of them is sent. */
  readonly directories?: Readonly<Record<string, string>>;
  readonly secrets?: Readonly<Record<string, string>>;
  /** Further methods, or others in the place of these. */
  readonly methods?: Readonly<Record<string, Method>>;
}

/** A client of BuildKit's as far as an engine sees it: a session, and calls. */
export interface TestClient {
  readonly session: string;
  readonly control: Caller;
  solve(request: Partial<SolveRequest>): Promise<ReadonlyMap<string, string>>;
  status(ref: string): Promise<readonly StatusResponse[]>;
  close(): void;
}

/** The two ends of a call are alike. */
export const asOpenCall = (call: Call): OpenCall => ({
  send: call.send,
  end: () => undefined,
  answers: call.requests,
  close: () => undefined,
});

export async function openClient(socketPath: string, session: string, answers: Answers): Promise<TestClient> {
  const { directories = {}, secrets = {}, methods: more = {} } = answers;
  const methods = new Map<string, Method>([
    [
      '/moby.filesync.v1.FileSync/DiffCopy',
      async (call) => {
        const directory = directories[String(call.headers['dir-name'])];
        if (directory === undefined) throw new GrpcError('not-found', 'no such directory');
        const root = ConfinedDirectory.at(directory);
        await sendTree(asOpenCall(call), root).finally(() => root.close());
      },
    ],
    [
      '/moby.buildkit.secrets.v1.Secrets/GetSecret',
      async (call) => {
        const { value } = await call.requests.next();
        const { id } = decode<{ id: string }>(secretRequestShape, value as Buffer);
        if (secrets[id] === undefined) throw new GrpcError('not-found', 'no such secret');
        await call.send(encode(secretResponseShape, { data: Buffer.from(secrets[id]) }));
      },
    ],
    ...Object.entries(more),
  ]);
  const held = await upgraded(socketPath, '/session', {
    'X-Docker-Expose-Session-Uuid': session,
    'X-Docker-Expose-Session-Sharedkey': session,
    'X-Docker-Expose-Session-Grpc-Method': [...methods.keys()],
  });
  await serveCalls(held, methods, () => undefined);
  const control = await createCaller(await upgraded(socketPath, '/grpc'));
  return {
    session,
    control,
    async solve(request) {
      const whole = { frontend: 'dockerfile.v0', session, ...request };
      const answer = await control.ask(
        '/moby.buildkit.v1.Control/Solve',
        encode<SolveRequest>(solveRequestShape, whole),
      );
      return decode<{ exporterResponse: ReadonlyMap<string, string> }>(solveResponseShape, answer)
        .exporterResponse;
    },
    async status(ref) {
      const call = control.open('/moby.buildkit.v1.Control/Status');
      await call.send(encode(statusRequestShape, { ref }));
      call.end();
      const told: StatusResponse[] = [];
      for await (const message of call.answers)
        told.push(decode<StatusResponse>(statusResponseShape, message));
      return told;
    },
    close() {
      control.close();
      held.destroy();
    },
  };
}
