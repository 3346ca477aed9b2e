import { TcomposeError } from '../../errors.ts';
import { addGateway, attachRunning } from '../attach/hot-attach.ts';
import { vethIndex } from '../attach/link-names.ts';
import { planPlace, planRoute } from '../attach/plan-links.ts';
import { deleteLinkQuietly, takeIpv6OffPort } from '../bridge.ts';
import { explained } from '../explain.ts';
import type { EndpointRecord, NetworkRecord } from '../types.ts';
import { ensureNetwork } from './bridges.ts';
import type { NetworkParts } from './parts.ts';

/** See NetworkService.connect. */
export async function connect(
  parts: NetworkParts,
  containerId: string,
  network: NetworkRecord,
  endpoint: EndpointRecord,
): Promise<EndpointRecord> {
  const { running, table, links, route, options } = parts;
  const container = running.find(containerId);
  if (container?.socket === undefined) {
    throw new TcomposeError(
      'NETWORK_SETUP_FAILED',
      `container ${containerId.slice(0, 12)} has no network namespace of its own to be connected`,
    );
  }
  const used = new Set(container.endpoints.map(({ interfaceName }) => interfaceName));
  let interfaceName = endpoint.interfaceName;
  for (let number = 0; used.has(interfaceName); number++) interfaceName = `eth${number}`;
  ensureNetwork(parts, network);
  const fresh = { ...endpoint, interfaceName, hostLink: links.fresh() };
  const { socket } = container;
  // An existing default route stays: the new network only provides what no other does.
  const before = container.endpoints.map(({ networkId }) => networkId);
  const place = table.placeOf(
    fresh,
    [...container.endpoints, fresh],
    [...(container.gatewayOrder ?? []).filter((id) => before.includes(id)), ...before],
  );
  // IPv6 addresses can't be set through an IPv4 socket.
  if (fresh.ipv6 && options.runOps) await options.runOps(containerId, planPlace(place));
  else explained(`network ${network.name}`, () => attachRunning(route, place, socket));
  takeIpv6OffPort(route, fresh.hostLink);
  running.attach(containerId, fresh);
  return fresh;
}

/** See NetworkService.disconnect. */
export async function disconnect(parts: NetworkParts, containerId: string, networkId: string): Promise<void> {
  const { running, table, route, options } = parts;
  const container = running.find(containerId);
  const endpoint = container?.endpoints.find((candidate) => candidate.networkId === networkId);
  if (!container || !endpoint) return;
  running.detach(containerId, endpoint);
  const index = vethIndex(endpoint.hostLink);
  if (index !== undefined) await deleteLinkQuietly(route, index, `link ${endpoint.hostLink}`);
  const left = running.find(containerId);
  const next = left && table.gatewayOf(left.endpoints, left.gatewayOrder);
  const pool = next && table.recordOf(next.networkId).pools.find(({ family }) => family === 4);
  if (pool && container.socket !== undefined) addGateway(container.socket, pool.gateway);
  const next6 = left && table.gatewayOf(left.endpoints, left.gatewayOrder, 6);
  if (next6 && table.gatewayOf(container.endpoints, container.gatewayOrder, 6) === endpoint)
    await options.runOps?.(containerId, planRoute(next6, table.recordOf(next6.networkId).pools, 6));
}
