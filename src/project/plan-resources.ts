import type { Project } from '../compose/model/project.ts';
import type { Network, Volume } from '../compose/model/resources.ts';
import { composeWords } from '../compose-words.ts';
import type { NetworkCreateRequest } from '../engine/api/network.ts';
import type { VolumeCreateRequest } from '../engine/api/volume.ts';
import { TcomposeError } from '../errors.ts';
import { networkHash, volumeHash } from './config-hash.ts';
import { defined } from './create-body/resources.ts';
import { labels } from './labels.ts';
import type { Observed } from './observed.ts';
import type { StepRef } from './plan.ts';
import type { PlanBuilder } from './plan-builder.ts';

/** Networks that the services of a project use, by key, sorted. */
function usedNetworks(project: Project): readonly string[] {
  if (project.everyResource === true) return Object.keys(project.networks).sort();
  const keys = new Set<string>();
  for (const service of Object.values(project.services))
    if (service.network_mode === undefined)
      for (const key of Object.keys(service.networks ?? {})) keys.add(key);
  return [...keys].sort();
}

/** Named volumes that the services of a project use, by key, sorted. */
export function usedVolumes(project: Project): readonly string[] {
  if (project.everyResource === true) return Object.keys(project.volumes).sort();
  const keys = new Set<string>();
  for (const service of Object.values(project.services))
    for (const mount of service.volumes ?? [])
      if (
        mount.type === 'volume' &&
        mount.source !== undefined &&
        project.volumes[mount.source] !== undefined
      )
        keys.add(mount.source);
  return [...keys].sort();
}

function networkBody(project: Project, key: string, network: Network, version: string): NetworkCreateRequest {
  const ipam = network.ipam;
  return defined({
    Name: network.name,
    Driver: network.driver,
    Internal: network.internal,
    Attachable: network.attachable,
    EnableIPv4: network.enable_ipv4,
    EnableIPv6: network.enable_ipv6,
    Options: network.driver_opts,
    IPAM:
      ipam === undefined
        ? undefined
        : defined({
            Driver: ipam.driver,
            Options: ipam.options,
            Config: ipam.config?.map((pool) =>
              defined({
                Subnet: pool.subnet,
                IPRange: pool.ip_range,
                Gateway: pool.gateway,
                AuxiliaryAddresses: pool.aux_addresses,
              }),
            ),
          }),
    Labels: {
      ...network.labels,
      [labels.project]: project.name,
      [labels.network]: key,
      [labels.configHash]: networkHash(network),
      [labels.version]: version,
    },
  }) as NetworkCreateRequest;
}

function volumeBody(project: Project, key: string, volume: Volume, version: string): VolumeCreateRequest {
  return defined({
    Name: volume.name,
    Driver: volume.driver,
    DriverOpts: volume.driver_opts,
    Labels: {
      ...volume.labels,
      [labels.project]: project.name,
      [labels.volume]: key,
      [labels.configHash]: volumeHash(volume),
      [labels.version]: version,
    },
  }) as VolumeCreateRequest;
}

/** What the plan does with a network or volume. */
export interface ResourceOutcome {
  /** Step after which it exists as in the compose file; undefined if it does already. */
  readonly ready: StepRef | undefined;
  /**
   * If it exists with a configuration that differs from the file's, it is recreated: the step that removes it, before
   * which containers must leave it.
   */
  readonly removal: StepRef | undefined;
  /** Its present id, if it exists and stays. */
  readonly id: string | undefined;
}

const BUILT_IN = new Set(['host', 'none', 'bridge', 'default']);

/** Plans the networks: creates missing ones, recreates those that differ, checks external ones. */
export function planNetworks(
  project: Project,
  observed: Observed,
  plan: PlanBuilder,
  version: string,
): ReadonlyMap<string, ResourceOutcome> {
  const outcomes = new Map<string, ResourceOutcome>();
  for (const key of usedNetworks(project)) {
    const network = project.networks[key] ?? { name: key };
    const found = observed.networks.find((one) => one.Name === network.name);
    if (network.external === true) {
      if (found === undefined && !BUILT_IN.has(network.name))
        throw new TcomposeError('PROJECT_EXTERNAL_MISSING', composeWords.externalNetwork(network.name), {
          hint: `Create it first (tcompose network create ${network.name}), or drop \`external: true\`.`,
        });
      outcomes.set(key, { ready: undefined, removal: undefined, id: found?.Id });
      continue;
    }
    const body = networkBody(project, key, network, version);
    if (found === undefined) {
      const ready = plan.add({ kind: 'create-network', name: network.name, body }, 'it does not exist');
      outcomes.set(key, { ready, removal: undefined, id: undefined });
      continue;
    }
    const owner = found.Labels?.[labels.project];
    const hash = found.Labels?.[labels.configHash];
    if (owner !== project.name)
      plan.warnings.push(
        `network ${network.name} exists but was not created for project ${project.name}; it is used as it is (declare it \`external: true\` to say so)`,
      );
    if (owner !== project.name || hash === undefined || hash === networkHash(network)) {
      outcomes.set(key, { ready: undefined, removal: undefined, id: found.Id });
      continue;
    }
    const gone = plan.add(
      { kind: 'remove-network', name: network.name, id: found.Id },
      'its configuration differs from the compose file',
    );
    const ready = plan.add({ kind: 'create-network', name: network.name, body }, 'it is recreated', [gone]);
    outcomes.set(key, { ready, removal: gone, id: undefined });
  }
  return outcomes;
}

/** Names of volumes that exist with a configuration that differs from the compose file's; recreating them loses data. */
export function divergedVolumes(project: Project, observed: Observed): readonly string[] {
  return usedVolumes(project)
    .map((key) => project.volumes[key]!)
    .filter((volume) => {
      const found = observed.volumes.find((one) => one.Name === volume.name);
      const hash = found?.Labels?.[labels.configHash];
      return (
        volume.external !== true &&
        found?.Labels?.[labels.project] === project.name &&
        hash !== undefined &&
        hash !== volumeHash(volume)
      );
    })
    .map((volume) => volume.name);
}

/** Plans the volumes; those in `renew` are removed and recreated, other diverged ones stay with a warning. */
export function planVolumes(
  project: Project,
  observed: Observed,
  plan: PlanBuilder,
  renew: ReadonlySet<string>,
  version: string,
): ReadonlyMap<string, ResourceOutcome> {
  const outcomes = new Map<string, ResourceOutcome>();
  const diverged = new Set(divergedVolumes(project, observed));
  for (const key of usedVolumes(project)) {
    const volume = project.volumes[key]!;
    const found = observed.volumes.find((one) => one.Name === volume.name);
    const body = volumeBody(project, key, volume, version);
    if (volume.external === true) {
      if (found === undefined)
        throw new TcomposeError('PROJECT_EXTERNAL_MISSING', composeWords.externalVolume(volume.name), {
          hint: `Create it first (tcompose volume create ${volume.name}), or drop \`external: true\`.`,
        });
      outcomes.set(key, { ready: undefined, removal: undefined, id: volume.name });
    } else if (found === undefined || found.Status?.Data === 'missing') {
      const ready = plan.add(
        { kind: 'create-volume', name: volume.name, body },
        found === undefined ? 'it does not exist' : 'its data was deleted by another program',
      );
      outcomes.set(key, { ready, removal: undefined, id: undefined });
    } else if (diverged.has(volume.name) && renew.has(volume.name)) {
      const gone = plan.add(
        { kind: 'remove-volume', name: volume.name },
        'its configuration differs from the compose file',
      );
      const ready = plan.add({ kind: 'create-volume', name: volume.name, body }, 'it is recreated', [gone]);
      outcomes.set(key, { ready, removal: gone, id: undefined });
    } else {
      if (diverged.has(volume.name))
        plan.warnings.push(
          `volume ${volume.name} exists with another configuration than the compose file's; it is kept (its data would be lost)`,
        );
      else if (found.Labels?.[labels.project] !== project.name)
        plan.warnings.push(
          `volume ${volume.name} exists but was not created for project ${project.name}; it is used as it is (declare it \`external: true\` to say so)`,
        );
      outcomes.set(key, { ready: undefined, removal: undefined, id: volume.name });
    }
  }
  return outcomes;
}
