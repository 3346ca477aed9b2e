import { diskUsage } from '../../confined/disk-usage.ts';
import { volumeCreateShape } from '../api/request-shapes.ts';
import type { VolumeCreateRequest } from '../api/volume.ts';
import { emitPrune, emitVolume } from '../containers/events.ts';
import { volumeUsers } from '../containers/lifecycle/remove.ts';
import type { Engine } from '../context.ts';
import { flag, matches, matchesLabels, nameMatcher, parseFilters, yesOrNo } from '../filters.ts';
import { conflict } from '../http/failure.ts';
import type { Route } from '../http/router.ts';
import { compareVersions } from '../http/versions.ts';
import { needVolume, type VolumeRecord } from '../volumes.ts';

/** Routes under /volumes. */
export function volumeRoutes(engine: Engine): Route[] {
  const { volumes } = engine;
  /** By a container, or by one that is being made. */
  const inUse = ({ name }: VolumeRecord): boolean =>
    volumeUsers(engine, name).length > 0 || volumes.isHeld(name);
  return [
    {
      method: 'GET',
      path: '/volumes',
      query: { filters: 'filters' },
      handler(exchange) {
        const filters = parseFilters(exchange.query.get('filters'), [
          'dangling',
          'driver',
          'label',
          'label!',
          'name',
        ]);
        const dangling = yesOrNo(filters, 'dangling');
        const list = volumes
          .list()
          .filter(
            (record) =>
              matchesLabels(filters, record.labels) &&
              matches(filters, 'name', (value) => nameMatcher(value)(record.name)) &&
              matches(filters, 'driver', (value) => value === 'local') &&
              (dangling === undefined || dangling !== inUse(record)),
          );
        exchange.send(200, { Volumes: list.map((record) => volumes.inspect(record)), Warnings: null });
      },
    },
    {
      method: 'POST',
      path: '/volumes/create',
      body: volumeCreateShape,
      async handler(exchange) {
        const { record, isNew } = volumes.create(await exchange.json<VolumeCreateRequest>());
        if (isNew) emitVolume(engine, record.name, 'create');
        exchange.send(201, volumes.inspect(record));
      },
    },
    {
      method: 'POST',
      path: '/volumes/prune',
      query: { filters: 'filters' },
      async handler(exchange) {
        const filters = parseFilters(exchange.query.get('filters'), ['all', 'label', 'label!']);
        // Before API 1.42 a prune also removed named volumes.
        const all = yesOrNo(filters, 'all') ?? compareVersions(exchange.version, '1.42') < 0;
        const removed: string[] = [];
        let reclaimed = 0;
        for (const record of volumes.list()) {
          const anonymous = record.labels['com.docker.volume.anonymous'] !== undefined;
          // As in Docker: space in a volume on another file system can't be reclaimed on this machine.
          if (!volumes.isOwn(record) || inUse(record)) continue;
          if (!(all || anonymous) || !matchesLabels(filters, record.labels)) continue;
          const size = await diskUsage(volumes.dataPath(record));
          // Meanwhile it may have been removed, or a container made that uses it.
          if (volumes.get(record.name) !== record || inUse(record)) continue;
          reclaimed += size;
          await volumes.remove(record.name);
          emitVolume(engine, record.name, 'destroy');
          removed.push(record.name);
        }
        emitPrune(engine, 'volume', reclaimed);
        exchange.send(200, { VolumesDeleted: removed, SpaceReclaimed: reclaimed });
      },
    },
    {
      method: 'GET',
      path: '/volumes/{name}',
      handler: (exchange) => exchange.send(200, volumes.inspect(needVolume(volumes, exchange.params.name!))),
    },
    {
      method: 'DELETE',
      path: '/volumes/{name}',
      query: { force: 'flag' },
      async handler(exchange) {
        const name = exchange.params.name!;
        const record = volumes.get(name);
        if (record === undefined) {
          if (!flag(exchange.query, 'force')) needVolume(volumes, name);
          return exchange.send(204);
        }
        const users = volumeUsers(engine, name);
        if (inUse(record)) {
          throw conflict(`remove ${name}: volume is in use - [${users.map((user) => user.id).join(', ')}]`);
        }
        await volumes.remove(name);
        emitVolume(engine, name, 'destroy');
        exchange.send(204);
      },
    },
  ];
}
