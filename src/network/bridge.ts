import { constants } from 'node:os';
import { SystemCallError } from '../sys/libc.ts';
import type { NetlinkTransport } from '../sys/netlink-transport.ts';
import type { NetworkHome } from '../sys/network-home.ts';
import { macOfAddress, vethIndex } from './attach/link-names.ts';
import { parseAddress, parseCidr, toBytes } from './ipam/address.ts';
import { addAddress } from './netlink/addresses.ts';
import { bridgeConf4, bridgeConf6, noConf6, portConf4, setConf4 } from './netlink/link-conf.ts';
import {
  createBridge,
  deleteLink,
  dumpLinks,
  getLink,
  type Link,
  parseLinks,
  setBridgePort,
  setBurst,
  setLinkUp,
  setMaster,
} from './netlink/links.ts';
import { bridgeOptions, largestBurst, usualMtu } from './options.ts';
import type { NetworkRecord } from './types.ts';

const { EEXIST, ENODEV, ENOENT } = constants.errno;

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
 * Size in bytes of the largest packet that links of this namespace should pass on unsplit; undefined: keep the kernel's
 * default. The loopback shows what the kernel supports: virtual links got this feature at the same time.
 */
export function burstOf(route: NetlinkTransport): number | undefined {
  const wanted = largestBurst(route.home);
  if (wanted === undefined) return undefined;
  const loopback = findLink(route, 'lo');
  return loopback && loopback.burst > 0 && loopback.largestBurst >= wanted ? wanted : undefined;
}

/**
 * Makes a bridge pass on larger packets, on another thread, because the lock of all links may have to be waited for. A
 * bridge that can't stays as it was.
 */
export function widenBridge(route: NetlinkTransport, index: number, bytes: number): void {
  route.requestAsync(setBurst(index, bytes), 'largest packets of a bridge').catch(() => undefined);
}

/**
 * Makes a network's bridge with the gateways' addresses, or completes an existing one. Returns its interface index.
 * Idempotent.
 */
export function makeBridge(route: NetlinkTransport, network: NetworkRecord): number {
  const { bridge: name } = network;
  const gateway = network.pools.map((pool) => parseAddress(pool.gateway)!).find(({ family }) => family === 4);
  const mac = macOfAddress(gateway ? toBytes(4, gateway.value) : Buffer.from(network.id.slice(0, 8), 'hex'));
  try {
    route.request(
      createBridge({ name, mac, mtu: bridgeOptions(network.options, usualMtu(route.home)).mtu }),
      `create bridge ${name}`,
    );
  } catch (error) {
    if (!(error instanceof SystemCallError) || error.errno !== EEXIST) throw error;
  }
  const index = findLink(route, name)!.index;
  route.request(setConf4(index, bridgeConf4), `settings of bridge ${name}`);
  writeConf6(route.home, name, network.enableIPv6 ? bridgeConf6 : noConf6);
  route.request(setLinkUp(index), `bring up bridge ${name}`);
  for (const pool of network.pools) {
    const { value } = parseAddress(pool.gateway)!;
    const { prefix } = parseCidr(pool.subnet)!;
    route.request(addAddress(index, { family: pool.family, value, prefix }), `address of bridge ${name}`);
  }
  enableForwarding(route.home, network.enableIPv6);
  return index;
}

/**
 * Protects the host's end of a container's link against settings from the container (see portConf4). A missing link is
 * no error: its container has ended.
 */
export function closePort(route: NetlinkTransport, link: string): void {
  writeConf6(route.home, link, noConf6);
  const index = vethIndex(link);
  if (index === undefined) return;
  try {
    route.request(setConf4(index, portConf4), `settings of ${link}`);
  } catch (error) {
    if (!(error instanceof SystemCallError) || error.errno !== ENODEV) throw error;
  }
}

/** Attaches the host's end of a container's link to the bridge that replaces its own. A missing link is not an error. */
export function rejoinBridge(
  route: NetlinkTransport,
  link: string,
  bridge: { readonly index: number; readonly isolated: boolean },
): void {
  const index = vethIndex(link);
  if (index === undefined) return;
  try {
    route.request(setMaster(index, bridge.index), `put ${link} on its bridge`);
    route.request(setBridgePort(index, { hairpin: true, isolated: bridge.isolated }), `settings of ${link}`);
  } catch (error) {
    if (!(error instanceof SystemCallError) || error.errno !== ENODEV) throw error;
  }
}

/** Disables IPv6 on the host's end of a container's link; its IPv4 settings were set with the port's own. */
export const takeIpv6OffPort = (route: NetlinkTransport, link: string): void =>
  writeConf6(route.home, link, noConf6);

function writeConf6(home: NetworkHome, link: string, settings: Readonly<Record<string, string>>): void {
  for (const [key, value] of Object.entries(settings))
    writeSysctl(home, `net/ipv6/conf/${link}/${key}`, value);
}

/** Deletes a link on another thread (the kernel takes 10 to 20 ms). A missing link is not an error. */
export async function deleteLinkQuietly(route: NetlinkTransport, index: number, what: string): Promise<void> {
  try {
    await route.requestAsync(deleteLink(index), `delete ${what}`);
  } catch (error) {
    if (!(error instanceof SystemCallError) || error.errno !== ENODEV) throw error;
  }
}

/**
 * Enables forwarding on the machine. For IPv6 this would make the kernel ignore router advertisements on interfaces
 * that accept them, so these interfaces are set to continue (accept_ra 2).
 */
function enableForwarding(home: NetworkHome, ipv6: boolean): void {
  if (readSysctl(home, 'net/ipv4/ip_forward') !== '1') writeSysctl(home, 'net/ipv4/ip_forward', '1');
  if (!ipv6 || readSysctl(home, 'net/ipv6/conf/all/forwarding') === '1') return;
  for (const name of ['default', ...linkNames(home)]) {
    if (readSysctl(home, `net/ipv6/conf/${name}/accept_ra`) === '1') {
      writeSysctl(home, `net/ipv6/conf/${name}/accept_ra`, '2');
    }
  }
  writeSysctl(home, 'net/ipv6/conf/all/forwarding', '1');
}

function linkNames(home: NetworkHome): string[] {
  return home
    .read('/proc/net/dev')
    .split('\n')
    .slice(2)
    .map((line) => line.split(':')[0]!.trim())
    .filter((name) => name !== '');
}

function readSysctl(home: NetworkHome, key: string): string | undefined {
  try {
    return home.read(`/proc/sys/${key}`).trim();
  } catch {
    return undefined;
  }
}

/** A missing key (a kernel without IPv6) is skipped. */
function writeSysctl(home: NetworkHome, key: string, value: string): void {
  try {
    home.write(`/proc/sys/${key}`, value);
  } catch (error) {
    const missing = error instanceof SystemCallError && error.errno === ENOENT;
    if (!missing && (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
