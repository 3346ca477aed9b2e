import { closeSync } from 'node:fs';
import { constants } from 'node:os';
import { TcomposeError } from '../../errors.ts';
import { SystemCallError } from '../../sys/libc.ts';
import type { NetlinkTransport } from '../../sys/netlink-transport.ts';
import { addDefaultRouteOf, namespaceOfSocket, setInterfaceAddress } from '../../sys/netns-socket.ts';
import { boundsOf, parseAddress, parseCidr, toBytes } from '../ipam/address.ts';
import { type LinkPlace, vethMessages } from './plan-links.ts';

/**
 * Gives a running container one more interface, through a socket in its network namespace (`socketFd`). If
 * `place.gateways` says so, also the default route, unless it has one. Errors: NETWORK_SETUP_FAILED for IPv6 networks.
 */
export function attachRunning(route: NetlinkTransport, place: LinkPlace, socketFd: number): void {
  const { endpoint, pools } = place;
  if (endpoint.ipv6) {
    throw new TcomposeError(
      'NETWORK_SETUP_FAILED',
      'a running container cannot be connected to a network with IPv6',
      { hint: 'Create the container with the network instead.' },
    );
  }
  const pool = pools.find((candidate) => candidate.family === 4)!;
  const { create, netnsFdAt, port } = vethMessages(place);
  const namespace = namespaceOfSocket(socketFd);
  try {
    create.writeUInt32LE(namespace, netnsFdAt);
    route.request(create, `create ${endpoint.hostLink} (${endpoint.interfaceName})`);
  } finally {
    closeSync(namespace);
  }
  route.request(port, `put ${endpoint.hostLink} on its bridge`);
  const { prefix } = parseCidr(pool.subnet)!;
  const host = boundsOf({ family: 4, value: 0n, prefix }).last;
  setInterfaceAddress(
    socketFd,
    endpoint.interfaceName,
    toBytes(4, parseAddress(endpoint.ipv4)!.value),
    toBytes(4, 0xffffffffn ^ host),
  );
  if (place.gateways.includes(4)) addGateway(socketFd, pool.gateway);
}

/** Adds a default route through a gateway, for a container without one; an existing one stays. */
export function addGateway(socketFd: number, gateway: string): void {
  try {
    addDefaultRouteOf(socketFd, toBytes(4, parseAddress(gateway)!.value));
  } catch (error) {
    if (!(error instanceof SystemCallError) || error.errno !== constants.errno.EEXIST) throw error;
  }
}
