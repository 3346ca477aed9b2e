import { constants } from 'node:os';
import { errnoName } from '../../errno.ts';
import { TcomposeError } from '../../errors.ts';
import type { HoldSocketOp } from '../../runtime/launch/launch-plan.ts';
import { parseAddress, toBytes } from '../ipam/address.ts';
import type { PortConflict, PortDemand, PortRequest } from '../service-types.ts';
import type { PortBinding } from '../types.ts';
import { longRuns } from './long-runs.ts';
import { formatEndpoint, type PortHolder } from './port-holder.ts';
import { createPortIndex, type PortIndex } from './port-index.ts';

const { EACCES, EADDRINUSE, EADDRNOTAVAIL, EAFNOSUPPORT, EINVAL } = constants.errno;

/** Effects that planning ports needs. */
export interface PortWorld {
  /** errno of binding the port now; 0 when it is free. */
  probe(binding: PortBinding): number;
  /** Name of our container that has reserved a conflicting port. */
  owner(binding: PortBinding): string | undefined;
  holder(binding: PortBinding): PortHolder | undefined;
  /** Name of another container that is checked together with this one and requests a conflicting port. */
  rival?(binding: PortBinding): string | undefined;
  /** The lowest of all requested ports. */
  readonly lowest?: number;
  /** First and last port of the ephemeral range, and where to begin. */
  ephemeral: { first: number; last: number; next(): number };
}

/**
 * Turns requests into bindings of free ports, or throws before anything is changed. A request without an address gives
 * one binding for each family (IPv6 only if the machine has it), both with the same port; in a long run of ports (see
 * longRuns) only the IPv4 one. Errors: NETWORK_PORT_IN_USE, NETWORK_PORT_INVALID.
 */
export function planPorts(requests: readonly PortRequest[], world: PortWorld): PortBinding[] {
  const planned: PortBinding[] = [];
  const index = createPortIndex<PortBinding>();
  const lowest = Math.min(...requests.map(({ hostPort }) => hostPort || 65_535), world.lowest ?? 65_535);
  const long = longRuns(requests);
  for (const request of requests) {
    checkRequest(request);
    const wanted = long.has(request) && request.hostIp === '' ? { ...request, hostIp: '0.0.0.0' } : request;
    for (const binding of planOne(wanted, { ...world, lowest }, index)) {
      planned.push(binding);
      index.add(binding, binding);
    }
  }
  return planned;
}

/** Why containers could not get their ports, one error for each container; empty: all can. Nothing is reserved. */
export function findPortConflicts(demands: readonly PortDemand[], world: PortWorld): PortConflict[] {
  const granted = createPortIndex<string>();
  const rival = (binding: PortBinding) => granted.clashing(binding)[0];
  const lowest = Math.min(...demands.flatMap(({ ports }) => ports.map(({ hostPort }) => hostPort || 65_535)));
  return demands.flatMap(({ containerName, ports }) => {
    let nameless: PortBinding | undefined;
    const holder = (binding: PortBinding) => {
      const found = world.holder(binding);
      if (found === undefined) nameless = binding;
      return found;
    };
    try {
      for (const binding of planPorts(ports, { ...world, rival, lowest, holder }))
        granted.add(binding, containerName);
      return [];
    } catch (error) {
      if (!(error instanceof TcomposeError)) throw error;
      return [{ containerName, error, ...(nameless === undefined ? {} : { nameless }) }];
    }
  });
}

function checkRequest(request: PortRequest): void {
  const outside = (port: number) => !Number.isInteger(port) || port < 0 || port > 65535;
  if (request.protocol !== 'tcp' && request.protocol !== 'udp') {
    throw new TcomposeError(
      'NETWORK_PORT_INVALID',
      `port ${request.containerPort}/${request.protocol}: only TCP and UDP ports can be published`,
    );
  }
  if (outside(request.containerPort) || request.containerPort === 0 || outside(request.hostPort)) {
    throw new TcomposeError(
      'NETWORK_PORT_INVALID',
      `port ${request.hostPort}:${request.containerPort}: ports go from 1 to 65535`,
    );
  }
  if (request.hostIp !== '' && !parseAddress(request.hostIp)) {
    throw new TcomposeError('NETWORK_PORT_INVALID', `host address ${request.hostIp} is not an IP address`);
  }
}

function planOne(request: PortRequest, world: PortWorld, planned: PortIndex<PortBinding>): PortBinding[] {
  const { protocol, containerPort, hostPort } = request;
  if (protocol === 'sctp') return [];
  const at = (port: number): PortBinding[] =>
    (request.hostIp === '' ? ['0.0.0.0', '::'] : [request.hostIp]).map((hostIp) => ({
      protocol,
      containerPort,
      hostIp,
      hostPort: port,
    }));

  if (hostPort !== 0 && (request.hostPortEnd ?? hostPort) === hostPort) {
    const bindings = usable(at(hostPort), world, planned);
    if ('bindings' in bindings) return bindings.bindings;
    throw refusal(bindings, world, planned);
  }
  const first = hostPort || world.ephemeral.first;
  const last = hostPort ? request.hostPortEnd! : world.ephemeral.last;
  const size = last - first + 1;
  const start = hostPort ? 0 : world.ephemeral.next();
  for (let step = 0; step < size; step++) {
    const found = usable(at(first + ((start + step) % size)), world, planned);
    if ('bindings' in found) return found.bindings;
    if (found.errno !== EADDRINUSE) throw refusal(found, world, planned);
  }
  throw new TcomposeError(
    'NETWORK_PORT_IN_USE',
    `no free ${protocol} port in ${first}-${last} for container port ${containerPort}`,
  );
}

interface Refused {
  readonly binding: PortBinding;
  readonly errno: number;
}

function usable(
  candidates: readonly PortBinding[],
  world: PortWorld,
  planned: PortIndex<PortBinding>,
): { bindings: PortBinding[] } | Refused {
  const bindings: PortBinding[] = [];
  for (const binding of candidates) {
    if (planned.clashing(binding).length > 0 || world.owner(binding) || world.rival?.(binding)) {
      return { binding, errno: EADDRINUSE };
    }
    const number = world.probe(binding);
    const optional = candidates.length > 1 && binding.hostIp === '::';
    if (optional && (number === EAFNOSUPPORT || number === EADDRNOTAVAIL)) continue;
    if (number !== 0) return { binding, errno: number };
    bindings.push(binding);
  }
  return { bindings };
}

function refusal({ binding, errno }: Refused, world: PortWorld, planned: PortIndex<PortBinding>) {
  const what = `${formatEndpoint(parseAddress(binding.hostIp)!, binding.hostPort)}/${binding.protocol}`;
  if (errno === EADDRINUSE) {
    const owner = world.owner(binding);
    const twice = planned.clashing(binding).length > 0;
    const rival = world.rival?.(binding);
    if (rival !== undefined && !owner && !twice)
      return new TcomposeError('NETWORK_PORT_IN_USE', `container ${rival} also publishes port ${what}`, {
        hint: 'Give one of them another port, or a range of ports when it is a service with several containers.',
      });
    const holder = owner || twice ? undefined : world.holder(binding);
    const who = owner
      ? `container ${owner} has it`
      : twice
        ? 'the same container publishes it twice'
        : holder
          ? holder.isSelf
            ? `this engine (pid ${holder.pid}) has it`
            : `${holder.command} (pid ${holder.pid}) has it`
          : 'another process has it';
    return new TcomposeError('NETWORK_PORT_IN_USE', `port ${what} is already in use: ${who}`, {
      hint: twice
        ? 'Remove one of the two mappings.'
        : holder?.isSelf
          ? 'Publish another port.'
          : `Stop ${owner ?? holder?.command ?? 'that process'}, or publish another port.`,
    });
  }
  const why =
    errno === EADDRNOTAVAIL
      ? 'the machine has no such address'
      : errno === EACCES
        ? 'no permission to use it'
        : errno === EINVAL
          ? 'its address is of one link alone, as all of fe80::/10 are'
          : errnoName(errno);
  return new TcomposeError(
    'NETWORK_PORT_INVALID',
    `port ${what} cannot be published: ${why}`,
    errno === EACCES ? { hint: lowPortHint(binding.hostPort, world.lowest ?? binding.hostPort) } : {},
  );
}

/**
 * Ordinary users may use ports from ip_unprivileged_port_start(7) on; the hint's setting must suffice for all requested
 * ports.
 */
const lowPortHint = (port: number, lowest: number): string =>
  `Publish a higher port, as ${port + 8000}, or open this one to every user: sudo sysctl net.ipv4.ip_unprivileged_port_start=${lowest}`;

/** The name under which the shim holds the socket that reserves a binding. */
export const portSocketName = (binding: PortBinding): string => {
  const address = parseAddress(binding.hostIp)!;
  const base = `port-${binding.protocol}-${binding.hostPort}-${address.family}`;
  return address.value === 0n ? base : `${base}-${toBytes(address.family, address.value).toString('hex')}`;
};

const PORT_BACKLOG = 128;

/** The op that reserves a port of the host as long as the shim lives. */
export function holdPort(binding: PortBinding): HoldSocketOp {
  return {
    op: 'hold-socket',
    name: portSocketName(binding),
    family: parseAddress(binding.hostIp)!.family,
    protocol: binding.protocol,
    address: binding.hostIp,
    port: binding.hostPort,
    backlog: binding.protocol === 'tcp' ? PORT_BACKLOG : 0,
  };
}
