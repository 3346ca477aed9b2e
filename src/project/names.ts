import type { Project } from '../compose/model/project.ts';
import type { Service } from '../compose/model/service.ts';

/** `-`, or `_` with `--compatibility`. */
export type Separator = '-' | '_';

/** Name of a service's n-th container. */
export function containerName(
  project: string,
  service: Service,
  number: number,
  separator: Separator = '-',
): string {
  return service.container_name ?? [project, service.name, number].join(separator);
}

/** Reference of a service's image: its own, or the name under which its build is stored. */
export const imageReference = (project: Pick<Project, 'name'>, service: Service): string =>
  service.image ?? `${project.name}-${service.name}`;

/** How many containers a service needs: `scale`, else `deploy.replicas`, else 1. */
export const scaleOf = (service: Service): number => service.scale ?? service.deploy?.replicas ?? 1;

/** Conditions in the form of the depends_on label: `db:service_healthy:true,cache:service_started:false`. */
export function dependsOnLabel(service: Service): string {
  return Object.entries(service.depends_on ?? {})
    .map(([name, dependency]) => `${name}:${dependency.condition}:${dependency.restart === true}`)
    .join(',');
}
