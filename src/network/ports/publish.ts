import { readFileSync } from 'node:fs';
import { probePort } from '../../sys/port-probe.ts';
import { parseAddress, toBytes } from '../ipam/address.ts';
import type { PortBinding } from '../types.ts';
import { type PortWorld, portSocketName } from './plan-ports.ts';
import { findPortHolder } from './port-holder.ts';
import { createPortIndex } from './port-index.ts';
import { proxyTcp } from './proxy-tcp.ts';
import { proxyUdp } from './proxy-udp.ts';

/**
 * Records which of our containers has which port; ports stay reserved from the plan of a start until the container has
 * stopped.
 */
export interface PortLedger {
  readonly world: PortWorld;
  reserve(containerId: string, name: string, bindings: readonly PortBinding[]): void;
  free(containerId: string): void;
  /** The state after these containers have released their ports. */
  without(containers: ReadonlySet<string>): PortWorld;
}

/** A ledger, empty at first. */
export function createPortLedger(): PortLedger {
  const reserved = new Map<string, readonly PortBinding[]>();
  const index = createPortIndex<{ readonly id: string; readonly name: string }>();
  const range = ephemeralRange();
  let cursor = 0;
  const bytesOf = (binding: PortBinding) => {
    const { family, value } = parseAddress(binding.hostIp)!;
    return { family, address: toBytes(family, value) };
  };
  const ownersOf = (binding: PortBinding) => index.clashing(binding);
  function free(containerId: string): void {
    for (const binding of reserved.get(containerId) ?? []) index.remove(binding);
    reserved.delete(containerId);
  }
  const world: PortWorld = {
    probe: (binding) =>
      probePort({ protocol: binding.protocol, port: binding.hostPort, ...bytesOf(binding) }),
    owner: (binding) => ownersOf(binding)[0]?.name,
    holder: (binding) => findPortHolder(binding.protocol, parseAddress(binding.hostIp)!, binding.hostPort),
    ephemeral: { ...range, next: () => cursor++ },
  };
  return {
    world,
    without: (containers) => ({
      ...world,
      probe: (binding) => (ownersOf(binding).some(({ id }) => containers.has(id)) ? 0 : world.probe(binding)),
      owner: (binding) => ownersOf(binding).find(({ id }) => !containers.has(id))?.name,
    }),
    reserve(containerId, name, bindings) {
      free(containerId);
      // Copies, because the index identifies its entries by object.
      const own = bindings.map((binding) => ({ ...binding }));
      if (own.length > 0) reserved.set(containerId, own);
      for (const binding of own) index.add(binding, { id: containerId, name });
    },
    free,
  };
}

/** The kernel's range for ports that nobody requested by number. */
function ephemeralRange(): { first: number; last: number } {
  const [first, last] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8')
    .trim()
    .split(/\s+/)
    .map(Number);
  return { first: first ?? 32768, last: last ?? 60999 };
}

export interface PortProxy {
  close(): Promise<void>;
}

/**
 * Starts a proxy on each held socket that reserves a port of the container; `host` returns its address at each use. If
 * one can't be started, none is, and the sockets are closed.
 */
export async function startProxies(
  bindings: readonly PortBinding[],
  sockets: Readonly<Record<string, number>>,
  host: () => string,
): Promise<PortProxy[]> {
  const starting = bindings.flatMap((binding) => {
    const fd = sockets[portSocketName(binding)];
    if (fd === undefined) return [];
    const target = { host, port: binding.containerPort };
    const { family } = parseAddress(binding.hostIp)!;
    return [binding.protocol === 'tcp' ? proxyTcp(fd, target) : proxyUdp(fd, family, target)];
  });
  const results = await Promise.allSettled(starting);
  const proxies = results.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed === undefined) return proxies;
  await Promise.all(proxies.map((proxy) => proxy.close()));
  throw failed.reason;
}
