import type { Service } from '../compose/model/service.ts';
import { labels } from './labels.ts';
import type { ObservedContainer } from './observed.ts';
import type { Operation } from './plan.ts';

/** Stops a container; `service` has its pre_stop hooks. `timeout` in seconds; undefined: the container's own. */
export const stopOperation = (
  container: ObservedContainer,
  service: Partial<Service> | undefined,
  timeout: number | undefined,
): Operation => ({
  kind: 'stop-container',
  container: container.name,
  id: container.id,
  service: container.service,
  timeout,
  preStop: service?.pre_stop ?? [],
});

/** Removes a container; `volumes`: including its anonymous volumes, `force`: even if it is running. */
export const removeOperation = (
  container: ObservedContainer,
  options: { readonly volumes: boolean; readonly force: boolean },
): Operation => ({
  kind: 'remove-container',
  container: container.name,
  id: container.id,
  volumes: options.volumes,
  inheritedVolumes: options.volumes
    ? (container.labels[labels.inheritedVolumes] ?? '').split(',').filter(Boolean)
    : [],
  force: options.force,
});
