import type { Project } from '../compose/model/project.ts';
import type { Service } from '../compose/model/service.ts';
import { changedParts, foreignHashes, serviceHash, serviceParts } from './config-hash.ts';
import { contentParts } from './content-parts.ts';
import { namedImage } from './images/required-images.ts';
import { labels } from './labels.ts';
import { imageReference } from './names.ts';
import type { Observed, ObservedContainer } from './observed.ts';
import type { ResourceOutcome } from './plan-resources.ts';

/** The criteria for a container of a service to be up to date; one for each service. */
export interface Expectation {
  readonly project: Project;
  readonly service: Service;
  readonly hash: string;
  /** Hashes that Docker Compose computes for the same service. */
  readonly foreignHashes: () => readonly string[];
  readonly parts: string;
  /** Short hashes of the configs and secrets that are copied in (content-parts.ts). */
  readonly content: string;
  /** Id of the local image that its reference names; undefined when there is none. */
  readonly imageId: string | undefined;
  readonly networks: ReadonlyMap<string, ResourceOutcome>;
  readonly volumes: ReadonlyMap<string, ResourceOutcome>;
}

/** The criteria for a service's containers now. */
export function expectationOf(
  project: Project,
  service: Service,
  observed: Observed,
  networks: ReadonlyMap<string, ResourceOutcome>,
  volumes: ReadonlyMap<string, ResourceOutcome>,
  defaultPlatform?: string,
): Expectation {
  return {
    project,
    service,
    hash: serviceHash(service),
    foreignHashes: () => foreignHashes(service, (name) => firstContainer(observed, name)?.id),
    parts: serviceParts(service),
    content: contentParts(project, service, observed.fileHashes),
    imageId: namedImage(imageReference(project, service), observed, service.platform ?? defaultPlatform),
    networks,
    volumes,
  };
}

const firstContainer = ({ containers }: Observed, service: string): ObservedContainer | undefined =>
  containers
    .filter((container) => container.service === service && !container.oneoff)
    .reduce<ObservedContainer | undefined>(
      (first, other) => (first === undefined || other.number < first.number ? other : first),
      undefined,
    );

/** Why a container must be recreated to match the compose file; undefined if it matches. */
export function divergence(container: ObservedContainer, want: Expectation): string | undefined {
  const { service, project } = want;
  if (container.state === 'dead') return 'the container is dead';
  const hash = container.labels[labels.configHash] ?? '';
  if (hash !== want.hash && !want.foreignHashes().includes(hash)) {
    const changed = changedParts(container.labels[labels.configParts], want.parts);
    return changed === undefined || changed.length === 0
      ? 'its configuration differs from the compose file'
      : `${changed.join(', ')} of service ${service.name} changed`;
  }
  const made = container.labels[labels.image] ?? container.imageId;
  if (want.imageId !== undefined && made !== want.imageId)
    return `image ${imageReference(project, service)} has changed`;
  return contentCause(container, want) ?? networkCause(container, want) ?? volumeCause(container, want);
}

/** Configs and secrets that were copied in and have changed. */
function contentCause(container: ObservedContainer, want: Expectation): string | undefined {
  const made = container.labels[labels.contentParts];
  // A container that another tool has made does not record what was copied in.
  if (made === undefined) return undefined;
  const changed = changedParts(made, want.content) ?? [];
  return changed.length === 0 ? undefined : `the content of ${changed.join(', ')} changed`;
}

/** A network that it is not attached to, or one that was deleted and made again: a stopped container could not start either. */
function networkCause(container: ObservedContainer, want: Expectation): string | undefined {
  const { service, project, networks } = want;
  for (const key of service.network_mode === undefined ? Object.keys(service.networks ?? {}) : []) {
    const outcome = networks.get(key);
    // If the network is recreated, the container leaves and joins it again.
    if (outcome === undefined || outcome.removal !== undefined) continue;
    const name = project.networks[key]?.name ?? key;
    const attached = container.networks[name];
    if (attached === undefined) return `it is not attached to network ${name}`;
    // Before its first start a container knows its networks only by name.
    if (attached === '') continue;
    if (outcome.ready !== undefined) return `it was attached to a network ${name} that no longer exists`;
    if (outcome.id !== undefined && attached !== outcome.id)
      return `it was attached to another network named ${name}, which no longer exists`;
  }
  return undefined;
}

function volumeCause(container: ObservedContainer, want: Expectation): string | undefined {
  const { service, project, volumes } = want;
  for (const mount of service.volumes ?? []) {
    if (mount.type !== 'volume' || mount.source === undefined) continue;
    const outcome = volumes.get(mount.source);
    const name = project.volumes[mount.source]?.name ?? mount.source;
    if (outcome?.removal !== undefined) return `volume ${name} is recreated`;
    if (outcome?.ready !== undefined) return `the volume ${name} that it uses no longer exists`;
    if (!container.mounts.some((mounted) => mounted.Type === 'volume' && mounted.Name === name))
      return `volume ${name} is not mounted`;
  }
  return undefined;
}

/** Services whose namespaces or volumes a service shares. */
export function parentsOf(service: Service): readonly SharedParent[] {
  const parents: SharedParent[] = [];
  const shared = { network: service.network_mode, ipc: service.ipc, pid: service.pid } as const;
  for (const [what, mode] of Object.entries(shared))
    if (mode?.startsWith('service:') === true)
      parents.push({ service: mode.slice('service:'.length), what: what as SharedParent['what'] });
  for (const entry of service.volumes_from ?? [])
    if (!entry.startsWith('container:')) parents.push({ service: entry.split(':')[0]!, what: 'volumes' });
  return parents;
}

/** A service, and which part of its container another one shares. */
export interface SharedParent {
  readonly service: string;
  readonly what: 'network' | 'ipc' | 'pid' | 'volumes';
}

/** The same as text. */
export const sharedWords: Readonly<Record<SharedParent['what'], string>> = {
  network: 'network',
  ipc: 'ipc namespace',
  pid: 'pid namespace',
  volumes: 'volumes',
};
