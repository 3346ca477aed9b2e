import type { TcomposeError } from '../../errors.ts';
import type { BuildRequest } from '../api/build.ts';
import { buildShape } from '../api/request-shapes.ts';
import { sessionBuild } from '../buildkit/session-build.ts';
import type { Engine } from '../context.ts';
import { flag, parseFilters } from '../filters.ts';
import type { Exchange } from '../http/exchange.ts';
import { badParameter, notFound } from '../http/failure.ts';
import type { Route } from '../http/router.ts';
import type { StreamWriter } from '../http/stream-writer.ts';
import { registryRequest } from '../routes/registry-request.ts';
import { createAsks } from './asks.ts';
import { confinedFiles } from './build-context.ts';
import { cacheFilters, pruneBuilds } from './cache/prune.ts';
import { classicQuery, classicRequest } from './classic/classic-request.ts';
import { ClassicStream } from './classic/classic-stream.ts';
import { clientOfHeader } from './classic/registry-config.ts';
import { unpackContext } from './classic/tar-context.ts';
import { buildPlatforms } from './platforms/build-platforms.ts';

import type { BuildSink } from './sink.ts';

/** Routes of builds. */
export function buildRoutes(engine: Engine): Route[] {
  const asks = createAsks();
  return [
    {
      method: 'POST',
      path: '/tcompose/build',
      body: buildShape,
      async handler(exchange) {
        const request = await exchange.json<BuildRequest>();
        if (!request.context) throw badParameter('a build needs a context');
        const writer = exchange.stream(200, 'application/x-ndjson');
        const sink: BuildSink = (event) => writer.write(`${JSON.stringify(event)}\n`);
        const { signal } = exchange;
        await buildPlatforms(engine, request, sink, signal, asks.client(sink, signal, request.ssh ?? {}));
        writer.end();
      },
    },
    {
      method: 'POST',
      path: '/tcompose/build/answers/{id}',
      async handler(exchange) {
        const id = exchange.params.id ?? '';
        if (!asks.answer(id, registryRequest(exchange))) throw notFound(`no build waits for answer ${id}`);
        exchange.send(204);
      },
    },
    {
      method: 'POST',
      path: '/build',
      query: classicQuery,
      body: 'bytes',
      handler: (exchange) => classicBuild(engine, exchange),
    },
    {
      method: 'POST',
      path: '/build/prune',
      query: {
        filters: 'filters',
        all: 'flag',
        'keep-storage': 'integer',
        'reserved-space': 'integer',
        'max-used-space': 'integer',
        'min-free-space': 'integer',
      },
      async handler(exchange) {
        const filters = parseFilters(exchange.query.get('filters'), cacheFilters);
        exchange.send(200, await pruneBuilds(engine, exchange.query, filters));
      },
    },
  ];
}

/** Faults of the archive are reported before the answer begins. */
async function needDockerfile(context: string, name: string | undefined): Promise<void> {
  const read = confinedFiles(context);
  for (const one of name === undefined ? ['Dockerfile', 'dockerfile'] : [name])
    if ((await read(one)) !== undefined) return;
  throw badParameter(`Cannot locate specified Dockerfile: ${name ?? 'Dockerfile'}`);
}

/** A build in the form of dockerd's own builder: the body is the context, a tar. */
async function classicBuild(engine: Engine, exchange: Exchange): Promise<void> {
  if (exchange.query.get('version') === '2') return sessionBuild(engine, exchange);
  const remote = exchange.query.get('remote');
  const context = remote ? undefined : await unpackContext(engine, exchange.body);
  engine.fault('build:sent');
  try {
    const request = classicRequest(exchange.query, remote || context!.path);
    if (context !== undefined) await needDockerfile(context.path, request.dockerfile);
    const messages = new ClassicStream(flag(exchange.query, 'q'));
    let writer: StreamWriter | undefined;
    const begun = (): StreamWriter => {
      writer ??= exchange.stream(200, 'application/json');
      return writer;
    };
    let refused: TcomposeError | undefined;
    await buildPlatforms(
      engine,
      request,
      async (event) => {
        // As from dockerd: a Dockerfile that cannot be read is a mistake of the request, not an end of the build.
        if (event.type === 'error' && event.code === 'BUILD_DOCKERFILE' && writer === undefined)
          refused = badParameter(event.message);
        else
          for (const message of messages.take(event)) await begun().write(`${JSON.stringify(message)}\r\n`);
      },
      exchange.signal,
      clientOfHeader(exchange.headers['x-registry-config']?.toString()),
    );
    if (refused !== undefined) throw refused;
    begun().end();
  } finally {
    await context?.release();
  }
}
