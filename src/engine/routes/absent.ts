import { notFound, notImplemented, unavailable } from '../http/failure.ts';
import type { Route } from '../http/router.ts';

/** Endpoints of Docker's API that this engine lacks, by purpose. */
const absent: readonly (readonly [what: string, paths: readonly string[]])[] = [
  ['attaching over a web socket', ['GET /containers/{id}/attach/ws']],
  ['checkpoints', ['GET /containers/{id}/checkpoints', 'POST /containers/{id}/checkpoints']],
  ['plugins', ['GET /plugins/privileges', 'POST /plugins/pull', 'POST /plugins/create']],
];

const swarm = ['swarm', 'nodes', 'services', 'tasks', 'secrets', 'configs'];

/**
 * Answers for missing endpoints, so that a client learns what is missing, and not only that there is no such path. An
 * empty list where that is correct: no plugin is installed.
 */
export function absentRoutes(): Route[] {
  return [
    { method: 'GET', path: '/plugins', handler: (exchange) => exchange.send(200, []) },
    {
      method: 'GET',
      path: '/plugins/{name*}/json',
      handler(exchange) {
        throw notFound(`plugin "${exchange.params.name}" not found`);
      },
    },
    ...absent.flatMap(([what, paths]) =>
      paths.map((line): Route => {
        const [method = '', path = ''] = line.split(' ');
        return {
          method,
          path,
          handler() {
            throw notImplemented(`${what}: this engine does not support that`);
          },
        };
      }),
    ),
    ...swarm.flatMap((name) =>
      [`/${name}`, `/${name}/{rest*}`].flatMap((path) =>
        ['GET', 'POST', 'DELETE'].map(
          (method): Route => ({
            method,
            path,
            handler() {
              throw unavailable('This node is not a swarm manager, and this engine has no swarms');
            },
          }),
        ),
      ),
    ),
  ];
}
