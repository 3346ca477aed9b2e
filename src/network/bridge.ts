import { readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { SystemCallError } from '../sys/libc.ts';
import type { NetlinkTransport } from '../sys/netlink-transport.ts';
import { macOfAddress } from './attach/link-names.ts';
import { parseAddress, parseCidr, toBytes } from './ipam/address.ts';
import { addAddress } from './netlink/addresses.ts';
import { createBridge, deleteLink, dumpLinks, getLink, type Link, parseLinks } from './netlink/links.ts';
import { bridgeOptions } from './options.ts';
import type { NetworkRecord } from './types.ts';

const { EEXIST, ENODEV } = constants.errno;

/** All links of this network namespace. */
export const listLinks = (route: NetlinkTransport): Link[] =>
  parseLinks(route.query(dumpLinks(), 'list links'));

/** One link by name; undefined when there is none. */
export function findLink(route: NetlinkTransport, name: string): Link | undefined {
  try {
    return parseLinks(route.query(getLink(name), `find link ${name}`))[0];
  } catch (error) {
    if (error instanceof SystemCallError && error.errno === ENODEV) return undefined;
    throw error;
  }
}

/**
 * Makes a network's bridge with the gateways' addresses, or completes the one that is there. Returns its interface
 * index. Idempotent.
 */
export function makeBridge(route: NetlinkTransport, network: NetworkRecord): number {
  const { bridge: name } = network;
  const gateway = network.pools.map((pool) => parseAddress(pool.gateway)!).find(({ family }) => family === 4);
  const mac = macOfAddress(gateway ? toBytes(4, gateway.value) : Buffer.from(network.id.slice(0, 8), 'hex'));
  try {
    route.request(
      createBridge({ name, mac, mtu: bridgeOptions(network.options).mtu }),
      `create bridge ${name}`,
    );
  } catch (error) {
    if (!(error instanceof SystemCallError) || error.errno !== EEXIST) throw error;
  }
  const index = findLink(route, name)!.index;
  // Published ports are reached from 127.0.0.1: its packets leave by this bridge alone.
  writeSysctl(`net/ipv4/conf/${name}/route_localnet`, '1');
  if (network.enableIPv6) writeSysctl(`net/ipv6/conf/${name}/accept_dad`, '0');
  else writeSysctl(`net/ipv6/conf/${name}/disable_ipv6`, '1');
  for (const pool of network.pools) {
    const { value } = parseAddress(pool.gateway)!;
    const { prefix } = parseCidr(pool.subnet)!;
    route.request(addAddress(index, { family: pool.family, value, prefix }), `address of bridge ${name}`);
  }
  enableForwarding(network.enableIPv6);
  return index;
}

/** Deletes a link on another thread (the kernel takes 10 to 20 ms). One that is gone is no error. */
export async function deleteLinkQuietly(route: NetlinkTransport, index: number, what: string): Promise<void> {
  try {
    await route.requestAsync(deleteLink(index), `delete ${what}`);
  } catch (error) {
    if (!(error instanceof SystemCallError) || error.errno !== ENODEV) throw error;
  }
}

/**
 * Lets the machine pass packets on. For IPv6 that would make the kernel ignore router advertisements where it listens
 * to them, so those interfaces are told to go on listening (accept_ra 2).
 */
function enableForwarding(ipv6: boolean): void {
  if (readSysctl('net/ipv4/ip_forward') !== '1') writeSysctl('net/ipv4/ip_forward', '1');
  if (!ipv6 || readSysctl('net/ipv6/conf/all/forwarding') === '1') return;
  for (const name of ['default', ...linkNames()]) {
    if (readSysctl(`net/ipv6/conf/${name}/accept_ra`) === '1') {
      writeSysctl(`net/ipv6/conf/${name}/accept_ra`, '2');
    }
  }
  writeSysctl('net/ipv6/conf/all/forwarding', '1');
}

function linkNames(): string[] {
  return readFileSync('/proc/net/dev', 'utf8')
    .split('\n')
    .slice(2)
    .map((line) => line.split(':')[0]!.trim())
    .filter((name) => name !== '');
}

function readSysctl(key: string): string | undefined {
  try {
    return readFileSync(`/proc/sys/${key}`, 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** A missing key (a kernel without IPv6) is nothing to set. */
function writeSysctl(key: string, value: string): void {
  const path = `/proc/sys/${key}`;
  try {
    writeFileSync(path, value);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
