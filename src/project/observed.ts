import type { Project } from '../compose/model/project.ts';
import type { ContainerSummary } from '../engine/api/container.ts';
import type { NetworkInspect } from '../engine/api/network.ts';
import type { VolumeInspect } from '../engine/api/volume.ts';
import type { ImageFacts } from './images/pull-policy.ts';
import { labels } from './labels.ts';
import { exitCodeInWords, type HealthStatus, healthInWords } from './status-words.ts';

/** A container of the project, from the engine's list. */
export interface ObservedContainer {
  readonly id: string;
  /** Without the leading slash. */
  readonly name: string;
  readonly service: string;
  /** 1-based; 0 for one-off containers. */
  readonly number: number;
  readonly oneoff: boolean;
  readonly state: ContainerSummary['State'];
  readonly health: HealthStatus;
  /** For a container that has ended, if the list contains it. */
  readonly exitCode: number | undefined;
  readonly labels: Readonly<Record<string, string>>;
  /** Id of the image from which the container was made. */
  readonly imageId: string;
  /** Image reference as requested. */
  readonly image: string;
  readonly networkMode: string;
  /** Network name → network id. */
  readonly networks: Readonly<Record<string, string>>;
  readonly mounts: ContainerSummary['Mounts'];
  readonly summary: ContainerSummary;
}

/** What the engine has for a project; all that a plan knows about the outside world. */
export interface Observed {
  readonly containers: readonly ObservedContainer[];
  /** Every network of the engine, including external ones and those whose names are taken. */
  readonly networks: readonly NetworkInspect[];
  /** Volumes whose names the project uses, and volumes with the project's label. */
  readonly volumes: readonly VolumeInspect[];
  /** Local image references in the engine's familiar form, and ids, → image id. */
  readonly images: ReadonlyMap<string, string>;
  /**
   * References to images for several platforms → the ids of all of them; `images` has the one that is meant without a
   * platform.
   */
  readonly platformImages?: ReadonlyMap<string, readonly string[]>;
  /** Image id → more about it, for the images for which that was requested, and those that share a reference with them. */
  readonly imageFacts?: ReadonlyMap<string, ImageFacts>;
  /** Path → SHA-256 of the files that are copied into containers, if they can be read. */
  readonly fileHashes: ReadonlyMap<string, string>;
}

/** The container of a service with which others share namespaces and volumes. */
export const firstContainer = (observed: Observed, service: string): ObservedContainer | undefined =>
  observed.containers.find((one) => one.service === service && !one.oneoff);

/** One element of `GET /containers/json`, in the project's terms. */
export function observedContainer(summary: ContainerSummary): ObservedContainer {
  const own = summary.Labels ?? {};
  return {
    id: summary.Id,
    name: (summary.Names[0] ?? summary.Id.slice(0, 12)).replace(/^\//, ''),
    service: own[labels.service] ?? '',
    number: Number(own[labels.number] ?? 0),
    oneoff: own[labels.oneoff] === 'True',
    state: summary.State,
    health: (summary.Health?.Status as HealthStatus | undefined) ?? healthInWords(summary.Status),
    exitCode: exitCodeInWords(summary.Status),
    labels: own,
    imageId: summary.ImageID,
    image: summary.Image,
    networkMode: summary.HostConfig?.NetworkMode ?? '',
    networks: Object.fromEntries(
      Object.entries(summary.NetworkSettings?.Networks ?? {}).map(([name, endpoint]) => [
        name,
        endpoint.NetworkID ?? '',
      ]),
    ),
    mounts: summary.Mounts ?? [],
    summary,
  };
}

/** Display order of containers: service, then number, then name. */
export const byServiceAndNumber = (a: ObservedContainer, b: ObservedContainer): number =>
  compare(a.service, b.service) || a.number - b.number || compare(a.name, b.name);

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** Whether the container has a process, or will soon have one again. */
export const isUp = (container: ObservedContainer): boolean =>
  container.state === 'running' || container.state === 'paused' || container.state === 'restarting';

/** Whether the container's service is not in the compose file, not even one that profiles leave out. */
export function isOrphan(project: Project | undefined, container: ObservedContainer): boolean {
  return (
    project !== undefined &&
    !Object.hasOwn(project.services, container.service) &&
    !Object.hasOwn(project.disabledServices, container.service)
  );
}

/** Whether it is a container of `run` that has ended. `up` removes it with the orphans. */
export const isEndedRun = (container: ObservedContainer): boolean =>
  container.oneoff && (container.state === 'exited' || container.state === 'dead');

/** Containers by service, in their given order. */
export function groupByService(
  containers: readonly ObservedContainer[],
): ReadonlyMap<string, readonly ObservedContainer[]> {
  const groups = new Map<string, ObservedContainer[]>();
  for (const container of containers)
    groups.set(container.service, [...(groups.get(container.service) ?? []), container]);
  return groups;
}
