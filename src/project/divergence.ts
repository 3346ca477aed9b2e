import type { Project } from '../compose/model/project.ts';
import type { Service } from '../compose/model/service.ts';
import { changedParts, serviceHash, serviceParts } from './config-hash.ts';
import { familiarReference } from './image-names.ts';
import { labels } from './labels.ts';
import { imageReference } from './names.ts';
import type { Observed, ObservedContainer } from './observed.ts';
import type { ResourceOutcome } from './plan-resources.ts';

/** What makes a container of a service up to date; one per service. */
export interface Expectation {
  readonly project: Project;
  readonly service: Service;
  readonly hash: string;
  readonly parts: string;
  /** Id of the local image its reference names; undefined when there is none. */
  readonly imageId: string | undefined;
  readonly networks: ReadonlyMap<string, ResourceOutcome>;
  readonly volumes: ReadonlyMap<string, ResourceOutcome>;
}

/** What a container of the service would be made of now. */
export function expectationOf(
  project: Project,
  service: Service,
  observed: Observed,
  networks: ReadonlyMap<string, ResourceOutcome>,
  volumes: ReadonlyMap<string, ResourceOutcome>,
): Expectation {
  return {
    project,
    service,
    hash: serviceHash(service),
    parts: serviceParts(service),
    imageId: observed.images.get(familiarReference(imageReference(project, service))),
    networks,
    volumes,
  };
}

/** Why a container must be made anew to be what the compose file says; undefined when it is. */
export function divergence(container: ObservedContainer, want: Expectation): string | undefined {
  const { service, project } = want;
  if (container.state === 'dead') return 'the container is dead';
  if (container.labels[labels.configHash] !== want.hash) {
    const changed = changedParts(container.labels[labels.configParts], want.parts);
    return changed === undefined || changed.length === 0
      ? 'its configuration differs from the compose file'
      : `${changed.join(', ')} of service ${service.name} changed`;
  }
  const made = container.labels[labels.image] ?? container.imageId;
  if (want.imageId !== undefined && made !== want.imageId)
    return `image ${imageReference(project, service)} is another one now`;
  if (container.state === 'running') {
    for (const key of service.network_mode === undefined ? Object.keys(service.networks ?? {}) : []) {
      const outcome = want.networks.get(key);
      const name = project.networks[key]?.name ?? key;
      if (outcome?.id !== undefined && container.networks[name] !== outcome.id)
        return `it is not attached to network ${name}`;
      if (outcome?.ready !== undefined && outcome.removal === undefined)
        return `it was attached to a network ${name} that is gone`;
    }
  }
  for (const mount of service.volumes ?? []) {
    if (mount.type !== 'volume' || mount.source === undefined) continue;
    const outcome = want.volumes.get(mount.source);
    const name = project.volumes[mount.source]?.name ?? mount.source;
    if (outcome?.removal !== undefined) return `volume ${name} is made anew`;
    if (!container.mounts.some((mounted) => mounted.Type === 'volume' && mounted.Name === name))
      return `volume ${name} is not mounted`;
  }
  return undefined;
}

/** Services whose namespaces or volumes a service shares. */
export function parentsOf(service: Service): readonly { readonly service: string; readonly what: string }[] {
  const parents: { service: string; what: string }[] = [];
  const shared = {
    network: service.network_mode,
    'ipc namespace': service.ipc,
    'pid namespace': service.pid,
  };
  for (const [what, mode] of Object.entries(shared))
    if (mode?.startsWith('service:') === true) parents.push({ service: mode.slice('service:'.length), what });
  for (const entry of service.volumes_from ?? [])
    if (!entry.startsWith('container:')) parents.push({ service: entry.split(':')[0]!, what: 'volumes' });
  return parents;
}
