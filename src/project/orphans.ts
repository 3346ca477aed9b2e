import type { Project } from '../compose/model/project.ts';
import type { ObservedContainer } from './observed.ts';

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
