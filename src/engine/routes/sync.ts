import { swappedOwner } from '../../id-swap.ts';
import { resolveUser } from '../../runtime/spec/users.ts';
import type { HeldStart, HoldRequest } from '../api/holds.ts';
import { holdShape, takePlaceShape, unsyncShape } from '../api/request-shapes.ts';
import type { UnsyncRequest } from '../api/sync.ts';
import type { TakePlaceRequest } from '../api/take-place.ts';
import { syncInto, unsync } from '../archive/sync.ts';
import type { Owner } from '../archive/sync-file.ts';
import type { Container } from '../containers/container.ts';
import { keptUser } from '../containers/host/kept-owners.ts';
import { takePlace } from '../containers/lifecycle/take-place.ts';
import { readAccountFiles } from '../containers/root/account-files.ts';
import { withWritableRoot } from '../containers/root/container-root.ts';
import type { ContainerRoot } from '../containers/root/root-handle.ts';
import { justEnded } from '../containers/root/running-root.ts';
import type { Engine } from '../context.ts';
import { flag } from '../filters.ts';
import { conflict } from '../http/failure.ts';
import type { Route } from '../http/router.ts';

/** Routes with which `watch` changes files in containers; see src/engine/api/sync.ts. */
export function syncRoutes(engine: Engine): Route[] {
  return [
    {
      method: 'POST',
      path: '/tcompose/containers/{id}/sync',
      query: { keepsDirectories: 'flag' },
      body: 'bytes',
      async handler(exchange) {
        const container = engine.containers.need(exchange.params.id!);
        const answer = await inOneRoot(engine, container, (root) =>
          syncInto(root, exchange.body, {
            owner: ownerOf(engine, container, root),
            keepsDirectories: flag(exchange.query, 'keepsDirectories'),
          }),
        );
        exchange.send(200, answer);
      },
    },
    {
      method: 'POST',
      path: '/tcompose/containers/{id}/unsync',
      body: unsyncShape,
      async handler(exchange) {
        const container = engine.containers.need(exchange.params.id!);
        const request = await exchange.json<UnsyncRequest>();
        const answer = await inOneRoot(engine, container, async (root) => unsync(root, request));
        exchange.send(200, answer);
      },
    },
  ];
}

/** Throws 409 when the container ended before the work was done: it is unknown whether its next start will see all of it. */
function inOneRoot<T>(
  engine: Engine,
  container: Container,
  work: (root: ContainerRoot) => Promise<T>,
): Promise<T> {
  return withWritableRoot(engine, container, 'complete', async (root) => {
    const done = await work(root);
    if (!root.stands()) throw justEnded();
    return done;
  });
}

/**
 * The owner of new files: the user that the container's command runs as, so that it can change them. Root if that is
 * unknown.
 */
function ownerOf(engine: Engine, container: Container, root: ContainerRoot): Owner {
  const user = container.record.config.User || keptUser(engine.machine, container.hostConfig);
  return swappedOwner(ownerInside(user, root), root.owners);
}

function ownerInside(user: string, root: ContainerRoot): Owner {
  if (user === '') return { uid: 0, gid: 0 };
  try {
    return resolveUser(user, readAccountFiles(root.directory));
  } catch {
    return { uid: 0, gid: 0 };
  }
}

/** Routes for replacing a container by its successor: see src/engine/api/holds.ts and take-place.ts. */
export function successionRoutes(engine: Engine): Route[] {
  return [
    {
      method: 'POST',
      path: '/tcompose/holds',
      body: holdShape,
      async handler(exchange) {
        const { labels } = await exchange.json<HoldRequest>();
        const line = (start: HeldStart) => void writer.write(`${JSON.stringify(start)}\n`);
        const release = engine.holds.hold(labels ?? [], (id) => line({ id }));
        if (release === undefined) throw conflict('too many clients hold starts');
        const writer = exchange.stream(200, 'application/json');
        line({});
        await new Promise<void>((resolve) => {
          if (exchange.signal.aborted || writer.closed) resolve();
          else exchange.signal.addEventListener('abort', () => resolve());
        });
        release();
        writer.end();
      },
    },
    {
      method: 'POST',
      path: '/tcompose/containers/{id}/release',
      handler(exchange) {
        engine.holds.release(engine.containers.need(exchange.params.id!).id);
        exchange.send(204);
      },
    },
    {
      method: 'POST',
      path: '/tcompose/containers/{id}/take-place',
      body: takePlaceShape,
      async handler(exchange) {
        const container = engine.containers.need(exchange.params.id!);
        const request = await exchange.json<TakePlaceRequest>();
        await takePlace(engine, container, engine.containers.need(request.from), request.within ?? 10_000);
        exchange.send(204);
      },
    },
  ];
}
