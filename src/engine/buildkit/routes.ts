import type { Engine } from '../context.ts';
import type { Route } from '../http/router.ts';
import { bridgeMethods } from './bridge.ts';
import { controlMethods } from './control.ts';
import { serveCalls } from './wire/serve.ts';
import { workshop } from './workshop.ts';

/** Routes for BuildKit's clients: connections that become gRPC connections, in either direction. */
export function buildkitRoutes(engine: Engine): Route[] {
  const methods = new Map([...controlMethods(engine), ...bridgeMethods(engine)]);
  return [
    {
      method: 'POST',
      path: '/grpc',
      async handler(exchange) {
        const socket = exchange.takeOver('h2c');
        await serveCalls(socket, methods, (path, error) =>
          engine.log.warn(`${path} failed: ${(error as Error).stack ?? String(error)}`),
        );
      },
    },
    {
      method: 'POST',
      path: '/build/cancel',
      query: { id: 'text' },
      handler(exchange) {
        workshop(engine).cancels.cancel(exchange.query.get('id') ?? '');
        exchange.send(200);
      },
    },
    {
      method: 'POST',
      path: '/session',
      async handler(exchange) {
        const join = workshop(engine).sessions.admit(exchange.headers);
        await join(exchange.takeOver('h2c'));
      },
    },
  ];
}
