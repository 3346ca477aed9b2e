import type { BuildRequest } from '../api/build.ts';
import { buildShape } from '../api/request-shapes.ts';
import type { Engine } from '../context.ts';
import { flag } from '../filters.ts';
import { shaped } from '../http/body-shape.ts';
import type { Exchange } from '../http/exchange.ts';
import { badParameter } from '../http/failure.ts';
import type { Route } from '../http/router.ts';
import { build } from './build.ts';
import { classicRequest } from './classic/classic-request.ts';
import { ClassicStream } from './classic/classic-stream.ts';
import { unpackContext } from './classic/tar-context.ts';
import { pruneBuilds } from './prune.ts';

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
    { method: 'POST', path: '/build', handler: (exchange) => classicBuild(engine, exchange) },
    {
      method: 'POST',
      path: '/build/prune',
      handler: async (exchange) => exchange.send(200, await pruneBuilds(engine)),
    },
  ];
}

const notPulled =
  'pull is not carried out: a base image that is on this machine is used as it is; fetch a newer one first';

/** A build as dockerd's own builder has it: the context is the body, a tar. */
async function classicBuild(engine: Engine, exchange: Exchange): Promise<void> {
  if (exchange.query.get('version') === '2')
    throw badParameter('builds by BuildKit’s own protocol are not carried out; set DOCKER_BUILDKIT=0');
  const context = await unpackContext(engine, exchange.body);
  try {
    const request = classicRequest(exchange.query, context);
    const messages = new ClassicStream(flag(exchange.query, 'q'));
    const writer = exchange.stream(200, 'application/json');
    if (flag(exchange.query, 'pull'))
      await writer.write(`${JSON.stringify({ stream: `WARNING: ${notPulled}\n` })}\r\n`);
    await build(
      engine,
      request,
      async (event) => {
        for (const message of messages.take(event)) await writer.write(`${JSON.stringify(message)}\r\n`);
      },
      exchange.signal,
    );
    writer.end();
  } finally {
    await context.release();
  }
}
