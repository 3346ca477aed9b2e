import { diskUsage } from '../../confined/disk-usage.ts';
import type {
  ContainerCreateRequest,
  ContainerTopResponse,
  ContainerUpdateRequest,
} from '../api/container.ts';
import { containerUpdateShape } from '../api/container-shapes.ts';
import type { Container } from '../containers/container.ts';
import { emitContainer } from '../containers/events.ts';
import { removeContainer } from '../containers/lifecycle/remove.ts';
import { startContainer } from '../containers/lifecycle/start.ts';
import {
  killContainer,
  pauseContainer,
  resetRestarts,
  restartContainer,
  unpauseContainer,
} from '../containers/lifecycle/stop.ts';
import { stopInTurn } from '../containers/lifecycle/stop-in-turn.ts';
import { pruneContainers } from '../containers/prune.ts';
import { createContainer } from '../containers/spec/create.ts';
import { updateContainer } from '../containers/update.ts';
import { containerPids } from '../containers/view/container-pids.ts';
import { inspectContainer } from '../containers/view/inspect.ts';
import { containerFilterKeys, listContainers } from '../containers/view/list.ts';
import { processTable } from '../containers/view/process-table.ts';
import type { Engine } from '../context.ts';
import { flag, integer, neededInteger, parseFilters } from '../filters.ts';
import type { QueryShape } from '../http/declared.ts';
import type { Exchange } from '../http/exchange.ts';
import { badParameter, conflict, saying } from '../http/failure.ts';
import type { Route } from '../http/router.ts';
import { namePattern } from '../names.ts';

/** /containers: life cycle and inspection. Streams (logs, attach, wait, stats) are in container-streams.ts. */
export function containerRoutes(engine: Engine): Route[] {
  const named = (exchange: Exchange): Container => engine.containers.need(exchange.params.id!);
  /** An operation in the container's queue, answered with 204. */
  const operation =
    (run: (container: Container, exchange: Exchange) => Promise<void>) =>
    async (exchange: Exchange): Promise<void> => {
      const container = named(exchange);
      await engine.containers.inTurn(container, () => run(container, exchange));
      exchange.send(204);
    };
  const starting =
    (run: Parameters<typeof operation>[0]) =>
    async (exchange: Exchange): Promise<void> => {
      await engine.holds.clear(named(exchange));
      await operation(run)(exchange);
    };
  const stopOptions = ({
    query,
  }: Exchange): { timeout?: number | undefined; signal?: string | undefined } => ({
    timeout: integer(query, 't'),
    signal: query.get('signal') || undefined,
  });

  const stopQuery: QueryShape = { t: 'integer', signal: 'text' };

  return [
    {
      method: 'GET',
      path: '/containers/json',
      query: { all: 'flag', limit: 'integer', size: 'flag', filters: 'filters' },
      async handler(exchange) {
        const { query } = exchange;
        const filters = parseFilters(query.get('filters'), containerFilterKeys);
        const list = listContainers(engine, {
          all: flag(query, 'all'),
          limit: integer(query, 'limit'),
          filters,
        });
        if (!flag(query, 'size')) return exchange.send(200, list);
        const sized = list.map(async (one) => ({ ...one, ...(await sizesOf(engine, one.Id)) }));
        exchange.send(200, await Promise.all(sized));
      },
    },
    {
      method: 'POST',
      path: '/containers/create',
      query: { name: 'text', platform: 'text' },
      // Checked together with the image's configuration (spec/draft.ts), as in preflight.
      body: 'any',
      async handler(exchange) {
        const request = await exchange.json<ContainerCreateRequest>();
        const created = await createContainer(engine, request, {
          name: exchange.query.get('name') ?? undefined,
          platform: exchange.query.get('platform') ?? undefined,
        });
        exchange.send(201, created);
      },
    },
    {
      method: 'POST',
      path: '/containers/prune',
      query: { filters: 'filters' },
      async handler(exchange) {
        const filters = parseFilters(exchange.query.get('filters'), ['until', 'label', 'label!']);
        exchange.send(200, await pruneContainers(engine, filters));
      },
    },
    {
      method: 'GET',
      path: '/containers/{id}/json',
      query: { size: 'flag' },
      async handler(exchange) {
        const container = named(exchange);
        const inspected = inspectContainer(engine, container, exchange.version);
        if (!flag(exchange.query, 'size')) return exchange.send(200, inspected);
        exchange.send(200, { ...inspected, ...(await sizesOf(engine, container.id)) });
      },
    },
    {
      method: 'GET',
      path: '/containers/{id}/top',
      query: { ps_args: 'text' },
      handler(exchange) {
        const container = named(exchange);
        if (container.launch === undefined || !container.up)
          throw conflict(`container ${container.id} is not running`);
        const answer: ContainerTopResponse = processTable(
          containerPids(engine, container),
          exchange.query.get('ps_args') || '-ef',
          engine.clock.now().ms,
        );
        emitContainer(engine, container, 'top');
        exchange.send(200, answer);
      },
    },
    {
      method: 'GET',
      path: '/containers/{id}/changes',
      async handler(exchange) {
        const { listChanges } = await import('../containers/view/changes.ts');
        exchange.send(200, await listChanges(engine, named(exchange)));
      },
    },
    {
      method: 'POST',
      path: '/containers/{id}/start',
      query: { 'tcompose-beside': 'flag' },
      handler: starting(async (container, exchange) => {
        if (!container.up && container.state.status !== 'paused') resetRestarts(container);
        await startContainer(engine, container, flag(exchange.query, 'tcompose-beside'));
      }),
    },
    {
      method: 'POST',
      path: '/containers/{id}/stop',
      query: stopQuery,
      async handler(exchange) {
        await stopInTurn(engine, named(exchange), stopOptions(exchange));
        exchange.send(204);
      },
    },
    {
      method: 'POST',
      path: '/containers/{id}/restart',
      query: stopQuery,
      handler: starting((container, exchange) => restartContainer(engine, container, stopOptions(exchange))),
    },
    {
      method: 'POST',
      path: '/containers/{id}/kill',
      query: { signal: 'text' },
      // Not in the queue: a kill must reach a container whose stop is still waiting for its timeout.
      async handler(exchange) {
        await saying(`cannot kill container: ${exchange.params.id}: `, () =>
          killContainer(engine, named(exchange), exchange.query.get('signal')),
        );
        exchange.send(204);
      },
    },
    {
      method: 'POST',
      path: '/containers/{id}/pause',
      handler: operation((container) => pauseContainer(engine, container)),
    },
    {
      method: 'POST',
      path: '/containers/{id}/unpause',
      handler: operation((container) => unpauseContainer(engine, container)),
    },
    {
      method: 'POST',
      path: '/containers/{id}/rename',
      query: { name: 'text' },
      handler: operation(async (container, exchange) => {
        const name = exchange.query.get('name')?.replace(/^\//, '') ?? '';
        if (name === '') throw badParameter('Neither old nor new names may be empty');
        const refused = 'Error when allocating new name: ';
        if (!namePattern.test(name)) {
          throw badParameter(
            `${refused}Invalid container name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`,
          );
        }
        const oldName = container.name;
        if (name === oldName)
          throw badParameter('Renaming a container with the same name as its current name');
        saying(refused, () => engine.containers.rename(container, name));
        emitContainer(engine, container, 'rename', { oldName: `/${oldName}` });
      }),
    },
    {
      method: 'POST',
      path: '/containers/{id}/update',
      body: containerUpdateShape,
      async handler(exchange) {
        const container = named(exchange);
        const request = await exchange.json<ContainerUpdateRequest>();
        const answer = await engine.containers.inTurn(container, async () =>
          updateContainer(engine, container, request),
        );
        exchange.send(200, answer);
      },
    },
    {
      method: 'POST',
      path: '/containers/{id}/resize',
      query: { h: 'integer', w: 'integer' },
      async handler(exchange) {
        const container = named(exchange);
        const rows = neededInteger(exchange.query, 'h');
        const columns = neededInteger(exchange.query, 'w');
        if (container.launch === undefined) throw conflict(`container ${container.id} is not running`);
        // Without a terminal there is no size; dockerd ignores this, too.
        if (container.record.config.Tty) await container.launch.shim.resize(rows, columns);
        emitContainer(engine, container, 'resize', { height: String(rows), width: String(columns) });
        exchange.send(200);
      },
    },
    {
      method: 'DELETE',
      path: '/containers/{id}',
      query: { force: 'flag', link: 'flag', v: 'flag' },
      handler: operation(async (container, exchange) => {
        if (flag(exchange.query, 'link'))
          throw badParameter('removing links is not available in this engine');
        await removeContainer(engine, container, {
          force: flag(exchange.query, 'force'),
          volumes: flag(exchange.query, 'v'),
        });
      }),
    },
  ];
}

/** Bytes of the writable layer, and of the layer and the image together. */
async function sizesOf(engine: Engine, id: string): Promise<{ SizeRw: number; SizeRootFs: number }> {
  const container = engine.containers.need(id);
  const writable = await diskUsage(container.upperDir);
  const image = engine.images.get(container.record.imageId);
  return { SizeRw: writable, SizeRootFs: writable + (image?.size ?? 0) };
}
