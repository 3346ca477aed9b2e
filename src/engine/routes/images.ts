import type { ImageRecord } from '../../image/index.ts';
import { otherPlatform } from '../../image/platform.ts';
import { familiarReference, parseReference } from '../../image/reference.ts';
import type { ImageDeleteResponse } from '../api/image.ts';
import { usesImage } from '../containers/host/image-mounts.ts';
import { withTag } from '../containers/spec/draft.ts';
import type { Engine } from '../context.ts';
import { flag, matches, matchesLabels, parseFilters, untilValue, yesOrNo } from '../filters.ts';
import type { Exchange } from '../http/exchange.ts';
import { badParameter, notFound, notImplemented } from '../http/failure.ts';
import type { Route } from '../http/router.ts';
import { askedPlatform } from '../images/asked-platform.ts';
import { emitImage } from '../images/image-events.ts';
import {
  imageHistory,
  inspectImage,
  matchesReference,
  sharedSize,
  summarizeImage,
} from '../images/image-views.ts';
import { importImage } from '../images/import-image.ts';
import { pruneImages } from '../images/prune-images.ts';
import { inspectionOf, summaryOf } from '../images/versioned-views.ts';
import { parseRfc3339 } from '../time-text.ts';
import { pullRoute } from './pull-image.ts';
import { pushRoute } from './push-image.ts';
import { registryRequest } from './registry-request.ts';

/** Routes under /images. */
export function imageRoutes(engine: Engine): Route[] {
  const need = (reference: string, platformText: string | null = null): ImageRecord => {
    const platform = askedPlatform(platformText);
    const record = engine.images.get(reference, platform);
    if (record !== undefined) return record;
    const other = platform && engine.images.get(reference);
    if (other === undefined) throw notFound(`No such image: ${withTag(reference)}`);
    throw otherPlatform(reference, other, platform!);
  };
  const usedBy = (imageId: string): { name: string; running: boolean }[] =>
    engine.containers
      .all()
      .filter(({ record }) => usesImage(record, imageId))
      .map((container) => ({ id: container.id, name: container.name, running: container.up }));
  const remove = async (reference: string, force: boolean): Promise<ImageDeleteResponse> => {
    const before = need(reference);
    const images = new Set(engine.images.list().map(({ id }) => id));
    const removals = await engine.images.remove(reference, { force, usedBy });
    for (const removal of removals) {
      if ('Untagged' in removal)
        emitImage(engine, 'untag', before.id, removal.Untagged, before.config.Labels);
      // Layers that were removed with it are reported, but are not images.
      else if (images.has(removal.Deleted)) emitImage(engine, 'delete', removal.Deleted, removal.Deleted, {});
    }
    return removals;
  };

  return [
    {
      method: 'GET',
      path: '/images/json',
      query: { filters: 'filters', 'shared-size': 'flag' },
      handler(exchange) {
        const filters = parseFilters(exchange.query.get('filters'), [
          'before',
          'dangling',
          'label',
          'label!',
          'reference',
          'since',
          'until',
        ]);
        const now = engine.clock.now().ms;
        const created = (reference: string): number => parseRfc3339(need(reference).created);
        const dangling = yesOrNo(filters, 'dangling');
        const list = engine.images
          .list()
          .filter(
            (record) =>
              matchesLabels(filters, record.config.Labels ?? {}) &&
              (dangling === undefined || dangling === record.dangling) &&
              matches(filters, 'reference', (value) =>
                [...record.tags, ...record.repoDigests].some((name) => matchesReference(value, name)),
              ) &&
              matches(filters, 'before', (value) => parseRfc3339(record.created) < created(value)) &&
              matches(filters, 'since', (value) => parseRfc3339(record.created) > created(value)) &&
              matches(filters, 'until', (value) => parseRfc3339(record.created) < untilValue(value, now)),
          );
        exchange.send(
          200,
          list.map((record) => {
            // With a reference filter dockerd shows only the names that match.
            const fits = (name: string) =>
              matches(filters, 'reference', (value) => matchesReference(value, name));
            const [tags, repoDigests] = [record.tags.filter(fits), record.repoDigests.filter(fits)];
            const shown = summarizeImage({ ...record, tags, repoDigests });
            const sized = flag(exchange.query, 'shared-size')
              ? { ...shown, SharedSize: sharedSize(engine, record) }
              : shown;
            return summaryOf(sized, exchange.version, () => usedBy(record.id).length);
          }),
        );
      },
    },
    {
      method: 'POST',
      path: '/images/create',
      query: {
        fromImage: 'text',
        fromSrc: 'text',
        repo: 'text',
        tag: 'text',
        platform: 'text',
        changes: 'texts',
        message: 'text',
      },
      body: 'bytes',
      handler: (exchange) => createImage(engine, exchange),
    },
    {
      method: 'POST',
      path: '/images/prune',
      query: { filters: 'filters' },
      async handler(exchange) {
        const filters = parseFilters(exchange.query.get('filters'), ['dangling', 'label', 'label!', 'until']);
        exchange.send(200, await pruneImages(engine, filters, (id) => remove(id, true)));
      },
    },
    {
      method: 'GET',
      path: '/images/{name*}/json',
      // `manifests` is for engines that keep images in containerd; dockerd's own store ignores it, too.
      query: { platform: 'text' },
      handler: ({ params, query, version, send }) =>
        send(200, inspectionOf(inspectImage(need(params.name!, query.get('platform'))), version)),
    },
    {
      method: 'GET',
      path: '/images/{name*}/history',
      query: { platform: 'text' },
      async handler(exchange) {
        const record = need(exchange.params.name!, exchange.query.get('platform'));
        exchange.send(200, await imageHistory(engine, record));
      },
    },
    {
      method: 'POST',
      path: '/images/{name*}/tag',
      query: { repo: 'text', tag: 'text' },
      async handler(exchange) {
        const repository = exchange.query.get('repo') ?? '';
        const tag = exchange.query.get('tag');
        if (repository === '') throw badParameter('a repository name is needed to tag an image');
        const record = need(exchange.params.name!);
        // A separate tag takes precedence over one in the name.
        const reference = tag ? `${repository.replace(/:[^/:]*$/, '')}:${tag}` : withTag(repository);
        await engine.images.tag(record.id, reference);
        emitImage(engine, 'tag', record.id, familiarReference(parseReference(reference)));
        exchange.send(201);
      },
    },
    {
      method: 'POST',
      path: '/images/{name*}/push',
      query: { tag: 'text', platform: 'text' },
      handler: (exchange) => pushRoute(engine, exchange),
    },
    {
      method: 'DELETE',
      path: '/images/{name*}',
      query: { force: 'flag', platforms: 'texts' },
      async handler(exchange) {
        if (exchange.query.getAll('platforms').length > 0)
          throw notImplemented('an image is removed with all its platforms; name one of them by its id');
        exchange.send(200, await remove(exchange.params.name!, flag(exchange.query, 'force')));
      },
    },
  ];
}

async function createImage(engine: Engine, exchange: Exchange): Promise<void> {
  const { query } = exchange;
  const fromImage = query.get('fromImage');
  if (fromImage) return await pullRoute(engine, exchange, fromImage);
  const source = query.get('fromSrc');
  if (!source) throw badParameter('either fromImage or fromSrc must be given');
  await importImage(engine, exchange, { source, request: registryRequest(exchange) });
}
