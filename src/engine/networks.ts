import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  type NetworkRecord,
  type NetworkService,
  type NetworkSpec,
  networkWarnings,
} from '../network/index.ts';
import type { NetworkCreateRequest, NetworkInspect } from './api/network.ts';
import type { Container } from './containers/container.ts';
import { badParameter, conflict, forbidden, notFound } from './http/failure.ts';
import { resolve } from './ids.ts';
import { networkFiles } from './network-files.ts';
import type { DamageReport } from './store/damage.ts';
import type { Layout } from './store/layout.ts';

export interface NetworkRegistry {
  all(): readonly NetworkRecord[];
  /** By id, name or unique prefix. */
  find(reference: string): NetworkRecord | undefined;
  /** Like find; throws Docker's 404. */
  need(reference: string): NetworkRecord;
  /** Plans (IPAM) and records a network; its bridge is made when it is first needed. Throws 409 when the name is in use. */
  create(request: NetworkCreateRequest): {
    readonly record: NetworkRecord;
    readonly warnings: readonly string[];
  };
  /**
   * Before the first use of the predefined bridge network in this engine's life: chooses its subnet again and makes the
   * bridge, unless containers run on it. Nobody asked for a particular subnet, and the recorded one may have been taken
   * meanwhile by another engine or a VPN.
   */
  settleDefault(inUse: boolean): Promise<void>;
  /**
   * Removes bridge and record. The caller checks whether the network is in use. The kernel takes 15 to 50 ms to delete
   * a bridge, and this does not wait for that: after a crash the next engine finds the bridge by the instance's link
   * prefix. Only a bridge with a name that the user chose lacks this prefix, and is waited for.
   */
  remove(record: NetworkRecord): Promise<void>;
  /** Resolves when no bridge is being deleted. To be awaited before `create`, which would otherwise avoid their subnets. */
  settled(): Promise<void>;
}

/** Docker's option for the name of a network's bridge. */
const bridgeNameOption = 'com.docker.network.bridge.name';

/** Networks that always exist, as in Docker. */
export const predefined = ['bridge', 'host', 'none'] as const;

/** Loads the networks and makes the predefined ones that are missing. */
export function openNetworks(
  layout: Pick<Layout, 'networks' | 'copies'>,
  service: () => Pick<NetworkService, 'createNetwork' | 'removeNetwork' | 'ensureBridge'>,
  { warn, damage }: { readonly warn: (message: string) => void; readonly damage: DamageReport },
): NetworkRegistry & { ensurePredefined(): void } {
  const files = networkFiles(layout, damage);
  const byId = files.load();
  const byName = (name: string): NetworkRecord | undefined => {
    for (const record of byId.values()) if (record.name === name) return record;
    return undefined;
  };
  const add = (spec: NetworkSpec): NetworkRecord => {
    const record = service().createNetwork(spec, [...byId.values()]);
    try {
      files.write(record);
    } catch (error) {
      service()
        .removeNetwork(record)
        .catch((failed: Error) => warn(`taking network ${record.name} back: ${failed.message}`));
      throw error;
    }
    byId.set(record.id, record);
    return record;
  };
  const leaving = new Set<Promise<unknown>>();
  let defaultSettled: Promise<void> | undefined;
  const replan = async (): Promise<void> => {
    const before = byName('bridge');
    if (before === undefined) return;
    await service().removeNetwork(before);
    const others = [...byId.values()].filter((record) => record.id !== before.id);
    const planned = service().createNetwork({ name: 'bridge', driver: 'bridge' }, others);
    const record = { ...planned, id: before.id, created: before.created };
    await service().ensureBridge(record);
    files.write(record);
    byId.set(record.id, record);
  };
  const find = (reference: string): NetworkRecord | undefined => {
    const found = resolve(reference === 'default' ? 'bridge' : reference, byId, byName);
    return found.kind === 'found' ? found.value : undefined;
  };
  return {
    all: () => [...byId.values()],
    find,
    need(reference) {
      const record = find(reference);
      if (record === undefined) throw notFound(`network ${reference} not found`);
      return record;
    },
    create(request) {
      if (!request.Name?.trim()) throw badParameter('invalid name: name is empty');
      if ((predefined as readonly string[]).includes(request.Name)) {
        throw forbidden(`operation is not permitted on predefined ${request.Name} network`);
      }
      if (byName(request.Name) !== undefined || request.Name === 'default') {
        throw conflict(`network with name ${request.Name} already exists`);
      }
      const { spec, warnings } = specOf(request);
      return { record: add(spec), warnings: [...warnings, ...networkWarnings(spec)] };
    },
    settleDefault(inUse) {
      defaultSettled ??= (inUse ? Promise.resolve() : replan()).catch((error: unknown) => {
        defaultSettled = undefined;
        throw error;
      });
      return defaultSettled;
    },
    async remove(record) {
      const gone = service().removeNetwork(record);
      // If something fails, it does so before the bridge is deleted.
      await (record.options[bridgeNameOption] === undefined ? Promise.race([gone, nextTurn()]) : gone);
      const left = gone
        .catch((error: Error) =>
          warn(`network ${record.name} was removed, but not its bridge: ${error.message}`),
        )
        .finally(() => leaving.delete(left));
      leaving.add(left);
      files.remove(record.id);
      byId.delete(record.id);
    },
    async settled() {
      while (leaving.size > 0) await Promise.all(leaving);
    },
    ensurePredefined() {
      for (const name of predefined) if (byName(name) === undefined) add({ name, driver: name });
    },
  };
}

function specOf(request: NetworkCreateRequest): { spec: NetworkSpec; warnings: string[] } {
  const warnings: string[] = [];
  const driver = request.Driver || 'bridge';
  if (driver !== 'bridge') {
    throw notFound(
      `plugin "${driver}" not found: this engine has the network driver "bridge" (host and none are networks of their own that always exist)`,
    );
  }
  if (request.Scope && request.Scope !== 'local') {
    throw badParameter(`network scope "${request.Scope}" is not available: this engine has "local"`);
  }
  if (request.Ingress) throw badParameter('ingress networks need a swarm, and this engine has none');
  if (request.ConfigOnly || request.ConfigFrom?.Network) {
    throw badParameter('configuration-only networks are not available in this engine');
  }
  if (request.EnableIPv4 === false)
    throw badParameter('a network without IPv4 is not available in this engine');
  if (request.IPAM?.Driver && request.IPAM.Driver !== 'default') {
    throw notFound(`plugin "${request.IPAM.Driver}" not found: this engine has the IPAM driver "default"`);
  }
  if (request.IPAM?.Options && Object.keys(request.IPAM.Options).length > 0) {
    warnings.push('IPAM.Options is accepted but has no effect in this engine');
  }
  return {
    warnings,
    spec: {
      name: request.Name,
      driver,
      internal: request.Internal ?? false,
      enableIPv6: request.EnableIPv6 ?? false,
      labels: request.Labels ?? {},
      options: request.Options ?? {},
      ipam: (request.IPAM?.Config ?? []).map((pool) => ({
        ...(pool.Subnet ? { subnet: pool.Subnet } : {}),
        ...(pool.IPRange ? { ipRange: pool.IPRange } : {}),
        ...(pool.Gateway ? { gateway: pool.Gateway } : {}),
        ...(pool.AuxiliaryAddresses ? { auxAddresses: pool.AuxiliaryAddresses } : {}),
      })),
    },
  };
}

/** The driver as the API names it. */
export const shownDriver = (record: Pick<NetworkRecord, 'driver'>): string =>
  record.driver === 'none' ? 'null' : record.driver;

/** A network in the form of the API; `containers` are those attached to it. */
export function inspectNetwork(record: NetworkRecord, containers: readonly Container[]): NetworkInspect {
  const entries = containers.flatMap((container) => {
    const endpoint = Object.values(container.mutable.attachments).find(
      (attachment) => attachment.networkId === record.id,
    )?.endpoint;
    return endpoint === undefined
      ? []
      : [
          [
            container.id,
            {
              Name: container.name,
              EndpointID: endpointId(container.id, record.id),
              MacAddress: endpoint.mac,
              IPv4Address: withPrefix(endpoint.ipv4, record),
              IPv6Address: endpoint.ipv6 === undefined ? '' : withPrefix(endpoint.ipv6, record),
            },
          ] as const,
        ];
  });
  return {
    Name: record.name,
    Id: record.id,
    Created: record.created,
    Scope: 'local',
    Driver: shownDriver(record),
    EnableIPv4: true,
    EnableIPv6: record.enableIPv6,
    IPAM: {
      Driver: 'default',
      Options: null,
      Config: record.pools.map((pool) => ({
        Subnet: pool.subnet,
        ...(pool.ipRange === undefined ? {} : { IPRange: pool.ipRange }),
        Gateway: pool.gateway,
        ...(pool.auxAddresses === undefined ? {} : { AuxiliaryAddresses: pool.auxAddresses }),
      })),
    },
    Internal: record.internal,
    Attachable: false,
    Ingress: false,
    ConfigFrom: { Network: '' },
    ConfigOnly: false,
    Containers: Object.fromEntries(entries),
    Options: record.options,
    Labels: record.labels,
  };
}

/** Prefix length of the pool that contains an address, 0 if none does. */
export function prefixLength(record: NetworkRecord | undefined, family: 4 | 6): number {
  const pool = record?.pools.find((one) => one.family === family);
  return Number(pool?.subnet.split('/')[1] ?? 0);
}

/** Docker's endpoints have random ids; ours are derived from what they join. */
export function endpointId(containerId: string, networkId: string): string {
  return containerId.slice(0, 32) + networkId.slice(0, 32);
}

function withPrefix(address: string, record: NetworkRecord): string {
  return `${address}/${prefixLength(record, address.includes(':') ? 6 : 4)}`;
}
