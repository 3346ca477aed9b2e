import { parseAddress } from '../ipam/address.ts';
import type { PortRequest } from '../service-types.ts';
import type { PortBinding } from '../types.ts';

/**
 * From this many neighbouring ports on, a socket and a proxy for each cost more than they are worth: the shim and the
 * engine would hold tens of thousands of descriptors for one container.
 */
const LONG_RUN = 1024;

type Port = Pick<PortRequest, 'protocol' | 'hostIp' | 'hostPort' | 'hostPortEnd'>;

/**
 * The ports, among the given ones, that belong to a run of at least 1024 neighbouring ports with one address and
 * protocol. Only the firewall publishes them: over IPv4, without a socket that holds the port.
 */
export function longRuns<T extends Port>(ports: readonly T[]): ReadonlySet<T> {
  const found = new Set<T>();
  if (ports.length < LONG_RUN) return found;
  const groups = new Map<string, T[]>();
  for (const port of ports) {
    if (port.hostPort === 0 || (port.hostPortEnd ?? port.hostPort) !== port.hostPort) continue;
    const key = `${port.protocol} ${port.hostIp}`;
    const group = groups.get(key);
    if (group) group.push(port);
    else groups.set(key, [port]);
  }
  for (const group of groups.values()) {
    if (parseAddress(group[0]!.hostIp)?.family === 6) continue;
    const sorted = [...group].sort((a, b) => a.hostPort - b.hostPort);
    let from = 0;
    for (let at = 1; at <= sorted.length; at++) {
      if (at < sorted.length && sorted[at]!.hostPort - sorted[at - 1]!.hostPort <= 1) continue;
      if (at - from >= LONG_RUN) for (const port of sorted.slice(from, at)) found.add(port);
      from = at;
    }
  }
  return found;
}

/** One sentence for each run of ports without IPv6, for the log. */
export function longRunWarning(containerName: string, ports: ReadonlySet<Port>): string | undefined {
  if (![...ports].some(({ hostIp }) => hostIp === '')) return undefined;
  return `container ${containerName}: ranges of ${LONG_RUN} ports and more are published over IPv4 only`;
}

/** The bindings whose port is held by a socket: all except those of long runs. */
export function heldBindings(bindings: readonly PortBinding[]): PortBinding[] {
  const long = longRuns(bindings);
  return bindings.filter((binding) => !long.has(binding));
}
