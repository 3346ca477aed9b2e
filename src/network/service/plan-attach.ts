import { macOfAddress } from '../attach/link-names.ts';
import { DNS_PORT, planLinks } from '../attach/plan-links.ts';
import { parseAddress, toBytes } from '../ipam/address.ts';
import { bridgeOptions } from '../options.ts';
import { forwardOps } from '../ports/forward.ts';
import { heldBindings, longRuns, longRunWarning } from '../ports/long-runs.ts';
import { holdPort, planPorts } from '../ports/plan-ports.ts';
import type { AttachRequest, AttachResult, EndpointRequest, PortRequest } from '../service-types.ts';
import type { EndpointRecord, NetworkRecord } from '../types.ts';
import { ensureNetwork } from './bridges.ts';
import type { NetworkParts } from './parts.ts';

/** If the network sets an address for publishing and the request has none, Docker uses the network's. */
function withDefaultAddress(
  { table }: NetworkParts,
  requests: readonly PortRequest[],
  gateway: EndpointRecord,
): PortRequest[] {
  const { hostBinding } = bridgeOptions(table.recordOf(gateway.networkId).options);
  return requests.map((request) => (request.hostIp === '' ? { ...request, hostIp: hostBinding } : request));
}

/** See NetworkService.allocate. */
export function allocate(
  { table, addresses, links }: NetworkParts,
  network: NetworkRecord,
  request: EndpointRequest,
): EndpointRecord {
  table.know(network);
  const { aliases, interfaceName = 'eth0' } = request;
  const base = { networkId: network.id, aliases, interfaceName };
  if (network.driver !== 'bridge') return { ...base, ipv4: '', mac: '', hostLink: '' };
  const taken = addresses.allocate(network, request, request.avoid);
  const mac = request.mac ?? macOfAddress(toBytes(4, parseAddress(taken.ipv4)!.value));
  return { ...base, ...taken, mac, hostLink: links.fresh() };
}

/** See NetworkService.planAttach. */
export async function planAttach(parts: NetworkParts, request: AttachRequest): Promise<AttachResult> {
  const { table, ledger, links, outside, keepsClients, warn } = parts;
  const { containerId, containerName = containerId.slice(0, 12) } = request;
  // The machine's own namespace must not be set up by us.
  if (request.endpoints.some(({ networkId }) => table.recordOf(networkId).driver === 'host')) {
    return { host: [], network: [], endpoints: request.endpoints, ports: [] };
  }
  ledger.free(containerId);
  const endpoints = request.endpoints
    .filter(({ networkId }) => table.recordOf(networkId).driver === 'bridge')
    .map((endpoint) => ({ ...endpoint, hostLink: links.fresh() }));
  links.plan(
    containerId,
    endpoints.map(({ hostLink }) => hostLink),
  );
  const gateway = table.gatewayOf(endpoints, request.gatewayOrder);
  if (!gateway && request.ports.length > 0 && endpoints.length > 0) {
    warn(`ports of container ${containerName} are not published: all its networks are internal`);
  }
  const wanted = gateway ? withDefaultAddress(parts, request.ports, gateway) : [];
  const ports = planPorts(wanted, ledger.world);
  const onlyIPv4 = longRunWarning(containerName, longRuns(wanted));
  if (onlyIPv4 !== undefined) warn(onlyIPv4);
  ledger.reserve(containerId, containerName, ports);
  for (const { networkId } of endpoints) ensureNetwork(parts, table.recordOf(networkId));
  await links.vacate(endpoints);
  const served = [
    ...request.ports.map(({ containerPort }) => containerPort),
    ...(request.exposedPorts ?? []),
  ];
  const network = planLinks(
    endpoints.map((endpoint) => table.placeOf(endpoint, endpoints, request.gatewayOrder)),
    { ownDns: served.includes(DNS_PORT), congestion: parts.congestion },
  );
  const lead = table.leadOf(endpoints, request.gatewayOrder);
  if (outside === undefined || lead === undefined)
    return { host: heldBindings(ports).map(holdPort), network, endpoints, ports };
  const forwards = forwardOps(ports, lead, keepsClients);
  return { host: ports.map(holdPort), network: [...network, ...forwards], endpoints, ports };
}
