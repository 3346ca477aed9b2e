import type { ContainerConfig } from '../api/container-config.ts';
import { mergedConfigShape } from '../api/container-shapes.ts';
import type { Engine } from '../context.ts';
import { flag } from '../filters.ts';
import type { Exchange } from '../http/exchange.ts';
import { badParameter } from '../http/failure.ts';
import type { Route } from '../http/router.ts';
import { askedPlatform } from '../images/asked-platform.ts';
import { commitContainer } from '../images/commit-container.ts';
import { loadImages } from '../images/load-images.ts';

/** Archives of images: save, load; and commit, which makes an image of a container. */
export function imageArchiveRoutes(engine: Engine): Route[] {
  return [
    {
      method: 'GET',
      path: '/images/get',
      query: { names: 'texts', platform: 'text' },
      handler: (exchange) => save(engine, exchange, exchange.query.getAll('names')),
    },
    {
      method: 'GET',
      path: '/images/{name*}/get',
      query: { platform: 'text' },
      handler: (exchange) => save(engine, exchange, [exchange.params.name!]),
    },
    {
      method: 'POST',
      path: '/images/load',
      query: { quiet: 'flag', platform: 'text' },
      body: 'bytes',
      handler: (exchange) => loadImages(engine, exchange, flag(exchange.query, 'quiet', true)),
    },
    {
      method: 'POST',
      path: '/commit',
      query: {
        container: 'text',
        repo: 'text',
        tag: 'text',
        comment: 'text',
        author: 'text',
        changes: 'texts',
        pause: 'flag',
      },
      body: mergedConfigShape,
      async handler(exchange) {
        const { query } = exchange;
        const name = query.get('container');
        if (!name) throw badParameter('the container to be committed is missing');
        const container = engine.containers.need(name);
        const repo = query.get('repo');
        const tag = query.get('tag');
        const id = await commitContainer(engine, container, {
          ...(repo ? { reference: tag ? `${repo}:${tag}` : repo } : {}),
          comment: query.get('comment') ?? '',
          author: query.get('author') ?? '',
          // Clients send one parameter for each change, or all in one, line by line.
          changes: query
            .getAll('changes')
            .flatMap((text) => text.split('\n').filter((line) => line.trim() !== '')),
          pause: flag(query, 'pause', true),
          config: await exchange.json<Partial<ContainerConfig>>(),
        });
        exchange.send(201, { Id: id });
      },
    },
  ];
}

async function save(engine: Engine, exchange: Exchange, names: readonly string[]): Promise<void> {
  if (names.length === 0) throw badParameter('no image was named');
  const platform = askedPlatform(exchange.query.get('platform'));
  const archive = await engine.images.save(names, platform);
  const writer = exchange.stream(200, 'application/x-tar');
  try {
    for await (const piece of archive) {
      if (exchange.signal.aborted) break;
      await writer.write(piece);
    }
  } finally {
    await archive.return(undefined);
  }
  writer.end();
  for (const name of names) {
    const image = engine.images.get(name);
    if (image !== undefined)
      engine.events.emit({ type: 'image', action: 'save', id: image.id, attributes: { name } });
  }
}
