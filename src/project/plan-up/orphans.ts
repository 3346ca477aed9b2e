import { isEndedRun, isOrphan } from '../observed.ts';
import type { UpContext } from './context.ts';
import { planRemove, planStop } from './stop.ts';

/**
 * Containers of services that are no longer in the project: removed if requested, with those of `run` that have ended,
 * otherwise reported.
 */
export function planOrphans(context: UpContext): void {
  const { project, observed, options, plan } = context;
  const orphans = observed.containers.filter(
    (container) => isEndedRun(container) || (!container.oneoff && isOrphan(project, container)),
  );
  if (orphans.length === 0 || options.ignoreOrphans) return;
  if (!options.removeOrphans) {
    const lost = orphans.filter((container) => isOrphan(project, container));
    if (lost.length === 0) return;
    plan.warnings.push(
      `found orphan containers (${lost.map((one) => one.name).join(', ')}) of project ${project.name}; if their services were renamed or removed from the compose file, --remove-orphans cleans them up`,
    );
    return;
  }
  for (const container of orphans) {
    const cause = isOrphan(project, container)
      ? `no service ${container.service} is in the compose file`
      : '--remove-orphans was given';
    planRemove(context, container, cause, [planStop(context, container, undefined, cause)]);
  }
}
