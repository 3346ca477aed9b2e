import type { NetworkRecord } from '../../network/index.ts';
import type {
  EndpointSettings,
  NetworkConnectRequest,
  NetworkCreateRequest,
  NetworkDisconnectRequest,
} from '../api/network.ts';
import { networkConnectShape, networkCreateShape, networkDisconnectShape } from '../api/request-shapes.ts';
import type { Container } from '../containers/container.ts';
import { emitNetwork, emitPrune } from '../containers/events.ts';
import { aliasesOf, attachedTo, networkMode } from '../containers/spec/attachments.ts';
import { askedInterfaceName, checkInterface } from '../containers/spec/interface-settings.ts';
import type { Engine } from '../context.ts';
import {
  type Filters,
  matches,
  matchesLabels,
  nameMatcher,
  oneOf,
  parseFilters,
  untilValue,
  yesOrNo,
} from '../filters.ts';
import { badParameter, conflict, forbidden, notFound } from '../http/failure.ts';
import type { Route } from '../http/router.ts';
import { inspectNetwork, predefined, shownDriver } from '../networks.ts';
import { parseRfc3339 } from '../time-text.ts';

const filterKeys = ['dangling', 'driver', 'id', 'label', 'label!', 'name', 'scope', 'type'];

/** Routes under /networks. */
export function networkRoutes(engine: Engine): Route[] {
  const { networks } = engine;
  const builtIn = (record: NetworkRecord): boolean => (predefined as readonly string[]).includes(record.name);
  const matching = (filters: Filters): NetworkRecord[] => {
    oneOf(filters, 'type', ['builtin', 'custom']);
    const dangling = yesOrNo(filters, 'dangling');
    return networks
      .all()
      .filter(
        (record) =>
          matchesLabels(filters, record.labels) &&
          matches(filters, 'name', (value) => nameMatcher(value)(record.name)) &&
          matches(filters, 'id', (value) => record.id.startsWith(value)) &&
          matches(filters, 'driver', (value) => shownDriver(record) === value) &&
          matches(filters, 'scope', (value) => value === 'local') &&
          matches(filters, 'type', (value) => (value === 'builtin') === builtIn(record)) &&
          (dangling === undefined ||
            (!builtIn(record) && dangling === (attachedTo(engine.containers.all(), record.id).length === 0))),
      );
  };
  return [
    {
      method: 'GET',
      path: '/networks',
      query: { filters: 'filters' },
      handler(exchange) {
        const filters = parseFilters(exchange.query.get('filters'), filterKeys);
        // A client that looks at networks is about to rely on them, as `up` does when nothing is to be done. Checking
        // each takes some 50 µs.
        engine.net.mend();
        exchange.send(
          200,
          matching(filters).map((record) => inspectNetwork(record, [])),
        );
      },
    },
    {
      method: 'POST',
      path: '/networks/create',
      body: networkCreateShape,
      async handler(exchange) {
        const request = await exchange.json<NetworkCreateRequest>();
        await networks.settled();
        const { record, warnings } = networks.create(request);
        try {
          await engine.net.ensureBridge(record);
        } catch (error) {
          await networks.remove(record);
          throw error;
        }
        emitNetwork(engine, record, 'create');
        exchange.send(201, { Id: record.id, Warning: warnings.join('\n') });
      },
    },
    {
      method: 'POST',
      path: '/networks/prune',
      query: { filters: 'filters' },
      async handler(exchange) {
        const filters = parseFilters(exchange.query.get('filters'), ['until', 'label', 'label!']);
        const now = engine.clock.now().ms;
        const removed: string[] = [];
        for (const record of networks.all()) {
          if (builtIn(record) || attachedTo(engine.containers.all(), record.id).length > 0) continue;
          const old = matches(
            filters,
            'until',
            (value) => parseRfc3339(record.created) < untilValue(value, now),
          );
          if (!old || !matchesLabels(filters, record.labels)) continue;
          await networks.remove(record);
          emitNetwork(engine, record, 'destroy');
          removed.push(record.name);
        }
        emitPrune(engine, 'network', 0);
        exchange.send(200, { NetworksDeleted: removed });
      },
    },
    {
      method: 'GET',
      path: '/networks/{id}',
      handler(exchange) {
        const record = networks.need(exchange.params.id!);
        exchange.send(200, inspectNetwork(record, attachedTo(engine.containers.all(), record.id)));
      },
    },
    {
      method: 'DELETE',
      path: '/networks/{id}',
      async handler(exchange) {
        const record = networks.need(exchange.params.id!);
        if (builtIn(record)) throw forbidden(`${record.name} is a pre-defined network and cannot be removed`);
        const users = attachedTo(engine.containers.all(), record.id).filter((container) => container.up);
        if (users.length > 0) {
          throw forbidden(
            `error while removing network: network ${record.name} has active endpoints (${users.map((user) => `name:"${user.name}" id:"${user.id.slice(0, 12)}"`).join(', ')})`,
          );
        }
        await networks.remove(record);
        emitNetwork(engine, record, 'destroy');
        exchange.send(204);
      },
    },
    {
      method: 'POST',
      path: '/networks/{id}/connect',
      body: networkConnectShape,
      async handler(exchange) {
        const request = await exchange.json<NetworkConnectRequest>();
        if (!request.Container) throw badParameter('no container given');
        const record = networks.need(exchange.params.id!);
        const container = engine.containers.need(request.Container);
        await engine.containers.inTurn(container, () =>
          connect(engine, record, container, request.EndpointConfig ?? {}),
        );
        exchange.send(200);
      },
    },
    {
      method: 'POST',
      path: '/networks/{id}/disconnect',
      body: networkDisconnectShape,
      async handler(exchange) {
        const request = await exchange.json<NetworkDisconnectRequest>();
        if (!request.Container) throw badParameter('no container given');
        const record = networks.need(exchange.params.id!);
        const container = engine.containers.find(request.Container);
        if (container === undefined) {
          if (request.Force) return exchange.send(200);
          throw notFound(`No such container: ${request.Container}`);
        }
        await engine.containers.inTurn(container, () => disconnect(engine, record, container));
        exchange.send(200);
      },
    },
  ];
}

async function connect(
  engine: Engine,
  record: NetworkRecord,
  container: Container,
  settings: EndpointSettings,
): Promise<void> {
  const mode = networkMode(container.hostConfig.NetworkMode);
  if (mode.kind !== 'networks' || record.driver !== 'bridge') {
    throw conflict(
      mode.kind === 'host' || record.name === 'host'
        ? 'container cannot be connected to host network and another network'
        : `container ${container.name} cannot be connected to network ${record.name}`,
    );
  }
  checkInterface(settings);
  const { attachments } = container.mutable;
  if (attachments[record.name] !== undefined) {
    throw forbidden(`endpoint with name ${container.name} already exists in network ${record.name}`);
  }
  if (container.state.status !== 'running') {
    container.change({ attachments: { ...attachments, [record.name]: { networkId: record.id, settings } } });
    return;
  }
  const allocated = engine.net.allocate(record, {
    containerId: container.id,
    ...(settings.IPAMConfig?.IPv4Address ? { ipv4: settings.IPAMConfig.IPv4Address } : {}),
    ...(settings.IPAMConfig?.IPv6Address ? { ipv6: settings.IPAMConfig.IPv6Address } : {}),
    ...(settings.MacAddress ? { mac: settings.MacAddress } : {}),
    aliases: aliasesOf(container, settings, container.record.config.Hostname),
    interfaceName:
      askedInterfaceName(settings) ??
      freeInterface(Object.values(attachments).map(({ endpoint }) => endpoint?.interfaceName)),
  });
  try {
    await engine.net.ensureBridge(record);
    const endpoint = await engine.net.connect(container.id, record, allocated);
    container.amend({
      attachments: { ...attachments, [record.name]: { networkId: record.id, settings, endpoint } },
    });
    engine.states.write(container);
  } catch (error) {
    engine.net.release(allocated);
    throw error;
  }
  emitNetwork(engine, record, 'connect', container.id);
}

async function disconnect(engine: Engine, record: NetworkRecord, container: Container): Promise<void> {
  const { [record.name]: attachment, ...rest } = container.mutable.attachments;
  if (attachment === undefined) {
    throw conflict(`container ${container.id} is not connected to network ${record.name}`);
  }
  if (container.launch !== undefined && attachment.endpoint !== undefined) {
    await engine.net.disconnect(container.id, record.id);
    engine.net.release(attachment.endpoint);
  }
  container.amend({ attachments: rest });
  engine.states.write(container);
  emitNetwork(engine, record, 'disconnect', container.id);
}

function freeInterface(taken: readonly (string | undefined)[]): string {
  for (let index = 0; ; index++) if (!taken.includes(`eth${index}`)) return `eth${index}`;
}
