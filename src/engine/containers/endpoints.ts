import { closeSync } from 'node:fs';
import type { EndpointRecord, PortBinding, RunningContainer } from '../../network/index.ts';
import type { ShimConnection } from '../../runtime/shim/shim-client.ts';
import { SystemCallError } from '../../sys/libc.ts';
import { pidfdGetFd } from '../../sys/pidfd.ts';
import type { Engine } from '../context.ts';
import type { Container } from './container.ts';
import { emitNetwork } from './events.ts';
import { dnsOptions } from './host/host-files.ts';
import type { Attachment } from './record.ts';
import { aliasesOf, gatewayOrder, linkedNames, networkMode } from './spec/attachments.ts';
import { askedInterfaceName } from './spec/interface-settings.ts';

/** Reserves an address on each network that the container is attached to. */
export function allocate(engine: Engine, container: Container, undo: (() => unknown)[]): EndpointRecord[] {
  if (networkMode(container.hostConfig.NetworkMode).kind !== 'networks') return [];
  const endpoints: EndpointRecord[] = [];
  const attachments: Record<string, Attachment> = {};
  undo.push(() => {
    for (const endpoint of endpoints) engine.net.release(endpoint);
    container.amend({ attachments: withoutEndpoints(container.mutable.attachments), ports: [] });
  });
  let index = 0;
  for (const [name, attachment] of Object.entries(container.mutable.attachments)) {
    const network = engine.networks.need(attachment.networkId);
    const { settings } = attachment;
    const endpoint = engine.net.allocate(network, {
      containerId: container.id,
      ...(settings.IPAMConfig?.IPv4Address ? { ipv4: settings.IPAMConfig.IPv4Address } : {}),
      ...(settings.IPAMConfig?.IPv6Address ? { ipv6: settings.IPAMConfig.IPv6Address } : {}),
      avoid: wantedByOthers(engine, container, network.id),
      ...(settings.MacAddress ? { mac: settings.MacAddress } : {}),
      aliases: aliasesOf(container, settings, container.record.config.Hostname),
      interfaceName: askedInterfaceName(settings) ?? `eth${index}`,
    });
    index++;
    endpoints.push(endpoint);
    attachments[name] = { ...attachment, endpoint };
  }
  container.amend({ attachments });
  return endpoints;
}

/** Addresses on a network that other containers, running or not, were created with. */
function wantedByOthers(engine: Engine, container: Container, networkId: string): string[] {
  const wanted: string[] = [];
  for (const other of engine.containers.all()) {
    if (other === container) continue;
    for (const attachment of Object.values(other.mutable.attachments)) {
      const { IPAMConfig: asked } = attachment.settings;
      if (attachment.networkId !== networkId || !asked) continue;
      if (asked.IPv4Address) wanted.push(asked.IPv4Address);
      if (asked.IPv6Address) wanted.push(asked.IPv6Address);
    }
  }
  return wanted;
}

/** Attachments of a container that is not running: without addresses. */
export function withoutEndpoints(
  attachments: Readonly<Record<string, Attachment>>,
): Record<string, Attachment> {
  return Object.fromEntries(
    Object.entries(attachments).map(([name, { networkId, settings }]) => [name, { networkId, settings }]),
  );
}

/** Records addresses and published ports; the caller saves. */
export function keepEndpoints(
  container: Container,
  endpoints: readonly EndpointRecord[],
  ports: readonly PortBinding[],
): void {
  const attachments = Object.fromEntries(
    Object.entries(container.mutable.attachments).map(([name, attachment]) => {
      const endpoint = endpoints.find((one) => one.networkId === attachment.networkId);
      return [name, endpoint === undefined ? attachment : { ...attachment, endpoint }];
    }),
  );
  container.amend({ attachments, ports });
}

/** Takes the sockets that the shim holds and gives them, with addresses and ports, to the network service. */
export async function attachNetwork(
  engine: Engine,
  container: Container,
  shim: ShimConnection,
  ports: readonly PortBinding[],
  unnamed = false,
): Promise<void> {
  const attachments = Object.values(container.mutable.attachments);
  const endpoints = attachments.flatMap(({ endpoint }) => (endpoint === undefined ? [] : [endpoint]));
  if (endpoints.length === 0) return;
  await engine.net.containerStarted({
    containerId: container.id,
    containerName: container.name,
    endpoints,
    ports,
    sockets: await takeSockets(shim),
    unnamed,
    ...namesAndRoutes(engine, container),
  });
  for (const { networkId } of attachments) {
    const network = engine.networks.find(networkId);
    if (network !== undefined) emitNetwork(engine, network, 'connect', container.id);
  }
}

/** What the network service gets for a running container besides its addresses, ports and sockets. */
export function namesAndRoutes(
  engine: Engine,
  container: Container,
): Pick<RunningContainer, 'dns' | 'gatewayOrder' | 'links'> {
  const dns = dnsOptions(container);
  return {
    ...(dns === undefined ? {} : { dns }),
    gatewayOrder: gatewayOrder(container.mutable.attachments),
    links: () => linkedNames(container, (reference) => engine.containers.find(reference)?.name),
  };
}

/**
 * Copies of the sockets that a shim holds. If the container ends at this moment, the shim closes them: the list is then
 * read again, and is empty.
 */
export async function takeSockets(shim: ShimConnection): Promise<Record<string, number>> {
  for (let tries = 0; ; tries++) {
    const sockets: Record<string, number> = {};
    try {
      for (const [name, fd] of await shim.sockets()) sockets[name] = pidfdGetFd(shim.shimPid, fd);
      return sockets;
    } catch (error) {
      for (const fd of Object.values(sockets)) closeSync(fd);
      if (tries >= 3 || !(error instanceof SystemCallError)) throw error;
    }
  }
}
