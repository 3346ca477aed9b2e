import type { BuildRequest } from '../api/build.ts';
import { buildShape } from '../api/request-shapes.ts';
import { build } from '../build/build.ts';
import type { Engine } from '../context.ts';
import { shaped } from '../http/body-shape.ts';
import { badParameter } from '../http/failure.ts';
import type { Route } from '../http/router.ts';

/** Routes of builds. */
export function buildRoutes(engine: Engine): Route[] {
  return [
    {
      method: 'POST',
      path: '/tcompose/build',
      async handler(exchange) {
        const request = shaped<BuildRequest>(await exchange.json(), buildShape);
        if (!request.context?.startsWith('/'))
          throw badParameter('a build needs the absolute path of its context');
        const writer = exchange.stream(200, 'application/x-ndjson');
        await build(engine, request, (event) => writer.write(`${JSON.stringify(event)}\n`), exchange.signal);
        writer.end();
      },
    },
  ];
}
