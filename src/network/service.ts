import { TcomposeError } from '../errors.ts';
import { listensAt } from '../sys/listens-at.ts';
import { containerResolvConf } from './dns/resolv-conf.ts';
import { findPortConflicts } from './ports/plan-ports.ts';
import { adoptNetworks } from './service/adopt.ts';
import { createNetwork, ensureNetwork, mendNetworks, removeNetwork } from './service/bridges.ts';
import { connect, disconnect } from './service/connect.ts';
import { type NetworkServiceOptions, openParts } from './service/parts.ts';
import { allocate, planAttach } from './service/plan-attach.ts';
import type { NetworkService } from './service-types.ts';

/** Networks, addresses, published ports and names of one engine. Opens two netlink sockets immediately. */
export function createNetworkService(options: NetworkServiceOptions): NetworkService {
  const parts = openParts(options);
  const { running, links, addresses, ledger, resolvers, home, carried } = parts;
  return {
    createNetwork: (spec, existing) => createNetwork(parts, spec, existing),
    ensureBridge: async (network) => ensureNetwork(parts, network),
    mend: () => mendNetworks(parts),
    removeNetwork: (network) => removeNetwork(parts, network),
    allocate: (network, request) => allocate(parts, network, request),
    release: (endpoint) => addresses.release(endpoint),
    portConflicts: (demands, releasing) => findPortConflicts(demands, ledger.without(releasing)),
    planAttach: (request) => planAttach(parts, request),

    async containerStarted(container) {
      await running.start(container, true);
      links.settle(container.containerId);
    },

    async containerStopped(containerId) {
      const planned = links.settle(containerId);
      const endpoints = await running.stop(containerId);
      if (endpoints) links.ended(endpoints);
      if (planned || endpoints) links.sweepLater();
    },

    listens: (address, port) => listensAt(home, address, port),

    async takePlace(of, by) {
      if (running.takePlace(of, by)) return carried.last;
      throw new TcomposeError(
        'NETWORK_SETUP_FAILED',
        `container ${by.slice(0, 12)} cannot take the place of ${of.slice(0, 12)}`,
        { hint: 'Both must be running, on networks with access to the outside.' },
      );
    },

    connect: (containerId, network, endpoint) => connect(parts, containerId, network, endpoint),
    disconnect: (containerId, networkId) => disconnect(parts, containerId, networkId),
    adopt: (records, endpoints, adopted) => adoptNetworks(parts, records, endpoints, adopted),
    resolvConf: (dns) => containerResolvConf(resolvers.config(), dns),
    close: () => parts.close(),
  };
}
